import type { ConfirmationPolicy, SecurityRisk } from "../../../wire/agent/policies.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import { isAtLeast } from "../../security/risk.ts";
import { isHarmlessAlone, type RiskOf } from "./risk-analysis.ts";

/** Whether the actions of one reply must wait for the user. All of them wait when one has to. */
export function needsConfirmation(
  actions: readonly ActionEvent[],
  policy: ConfirmationPolicy,
  riskOf: RiskOf,
): boolean {
  if (isHarmlessAlone(actions)) return false;
  return actions.some((action) => shouldConfirm(policy, riskOf(action)));
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
