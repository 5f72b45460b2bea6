import { asObject } from "../is-object.ts";
import type { Usage } from "./row.ts";

type Figures = Omit<Usage, "usageId">;

const NONE: Figures = { cost: 0, input: 0, output: 0 };

/** Reads sums from the stats of a conversation, as its state and its updates have them. */
export function usageIn(stats: unknown): Usage[] {
  return Object.entries(asObject(asObject(stats).usage_to_metrics)).map(([usageId, metrics]) => {
    const { accumulated_cost: cost, accumulated_token_usage: tokens } = asObject(metrics);
    const { prompt_tokens: input, completion_tokens: output } = asObject(tokens);
    return { usageId, cost: numberOf(cost), input: numberOf(input), output: numberOf(output) };
  });
}

/** The sums that a log shows one after the other, as the steps between them. */
export class UsageSteps {
  readonly #sums = new Map<string, Figures>();
  #isFirst: boolean;
  #steps: Usage[] = [];

  /** `isStart`: the log is read from its first event, so that its first sums are a step from zero. */
  constructor({ isStart }: { isStart: boolean }) {
    this.#isFirst = !isStart;
  }

  /** The newest sums. */
  get sums(): Usage[] {
    return [...this.#sums].map(([usageId, figures]) => ({ usageId, ...figures }));
  }

  take(stats: unknown): void {
    for (const sum of usageIn(stats)) {
      const { usageId, ...figures } = sum;
      const step = stepFrom(this.#sums.get(usageId) ?? NONE, figures);
      this.#sums.set(usageId, figures);
      if (!this.#isFirst && step.input + step.output + step.cost > 0) this.#steps.push({ usageId, ...step });
    }
    this.#isFirst = false;
  }

  /** Returns the steps since the last call. */
  drain(): Usage[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }
}

/** Sums that became smaller were reset. */
function stepFrom(before: Figures, now: Figures): Figures {
  const step = (key: keyof Figures) => Math.max(0, now[key] - before[key]);
  // Sums of floating-point numbers are rounded to what a provider could charge.
  return { cost: Number(step("cost").toFixed(9)), input: step("input"), output: step("output") };
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
