import type { Critic as CriticConfig } from "../../wire/agent/critics.ts";
import type { CriticResult } from "../../wire/events/events.ts";
import { ApiCritic, type ApiCriticDeps } from "./api-critic.ts";
import type { Critic, Work } from "./critic.ts";

/** Makes the critic of a configuration. */
export function createCritic(config: CriticConfig, deps: ApiCriticDeps): Critic {
  switch (config.kind) {
    case "PassCritic":
      return byRule(async () => score(1, "PassCritic always succeeds"));
    case "EmptyPatchCritic":
      return byRule(async (work) =>
        (await work.hasChanges())
          ? score(1, "Git patch is non-empty")
          : score(0, "Git patch is empty or missing"),
      );
    case "AgentFinishedCritic":
      return byRule(rateFinish);
    case "APIBasedCritic":
      return new ApiCritic(config, deps);
  }
}

async function rateFinish(work: Work): Promise<CriticResult> {
  if (!(await work.hasChanges())) {
    return score(0, "Agent did not produce a non-empty git patch. Empty git patch");
  }
  if (!work.isFinish) return score(0, "Agent did not finish properly. No FinishAction found");
  return score(1, "Agent completed with FinishAction and non-empty patch");
}

function byRule(rate: Critic["rate"]): Critic {
  return { rate, findsFault: () => false, describe: () => [] };
}

function score(value: number, message: string): CriticResult {
  return { score: value, message };
}
