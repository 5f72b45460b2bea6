import { errorEvent } from "../../../agent/error-classification.ts";
import type { LoopContext, LoopExtension, ModelVerdict } from "../../../agent/loop/extension.ts";
import { spentOnModels } from "../../budgets/budget.ts";
import type { SubAgentConfig } from "../sub-agent-config.ts";
import type { Driver } from "./drivers.ts";

/** The name is the code of the error. */
class MaxBudgetReached extends Error {
  override readonly name = "MaxBudgetReached";

  constructor(limit: number, cost: number) {
    super(`Agent reached maximum budget limit ($${limit.toFixed(4)}); accumulated cost $${cost.toFixed(4)}.`);
  }
}

/** Holds a sub-agent to the budget of its task, and to those of the conversation that it works for. */
export class SubAgentGuard implements LoopExtension {
  readonly name = "sub-agent";
  readonly #config: SubAgentConfig;
  readonly #driver: () => Driver | undefined;

  constructor(config: SubAgentConfig, driver: () => Driver | undefined) {
    this.#config = config;
    this.#driver = driver;
  }

  async beforeModel({ state }: LoopContext): Promise<ModelVerdict | undefined> {
    const driver = this.#driver();
    if (driver === undefined) throw new Error("The sub-agent works for no conversation");
    const { max_budget: limit } = this.#config;
    const cost = spentOnModels(state.stats).cost - driver.baseCost;
    const reason =
      limit !== null && cost >= limit ? new MaxBudgetReached(limit, cost) : await driver.judgeStep();
    return reason && { stop: "error", events: [errorEvent(reason)] };
  }
}
