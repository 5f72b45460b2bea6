import type { ConfirmationPolicy, SecurityAnalyzer, SecurityRisk } from "../../wire/agent/policies.ts";
import type { ActionEvent } from "../../wire/events/events.ts";
import { createAnalyzer } from "./create-analyzer.ts";
import { type Analyzer, isAtLeast } from "./risk.ts";

export interface ConfirmationRules {
  confirmation_policy: ConfirmationPolicy;
  security_analyzer: SecurityAnalyzer | null;
}

/** Whether the actions of one reply must wait for the user. All of them wait when one has to. */
export async function needsConfirmation(
  actions: readonly ActionEvent[],
  rules: ConfirmationRules,
): Promise<boolean> {
  if (actions.length === 0 || isHarmlessAlone(actions)) return false;
  const { confirmation_policy: policy } = rules;
  const riskOf = await riskJudge(rules.security_analyzer);
  return actions.some((action) => shouldConfirm(policy, riskOf(action)));
}

function isHarmlessAlone(actions: readonly ActionEvent[]): boolean {
  const kind = actions[0]?.action?.kind;
  return actions.length === 1 && (kind === "FinishAction" || kind === "ThinkAction");
}

function shouldConfirm(policy: ConfirmationPolicy, risk: SecurityRisk): boolean {
  switch (policy.kind) {
    case "NeverConfirm":
      return false;
    case "AlwaysConfirm":
      return true;
    case "ConfirmRisky":
      return risk === "UNKNOWN" ? policy.confirm_unknown : isAtLeast(risk, policy.threshold);
  }
}

/** Judges actions by an analyzer. The risk is HIGH when the analyzer fails. */
async function riskJudge(config: SecurityAnalyzer | null): Promise<Analyzer> {
  if (config === null) return () => "UNKNOWN";
  const analyzer: Analyzer = await createAnalyzer(config).catch(() => () => "HIGH");
  return (action) => {
    try {
      return analyzer(action);
    } catch {
      return "HIGH";
    }
  };
}
