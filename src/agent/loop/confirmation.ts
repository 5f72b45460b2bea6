import type { ConfirmationPolicy, SecurityAnalyzer, SecurityRisk } from "../../wire/agent/policies.ts";
import type { ActionEvent } from "../../wire/events/events.ts";
import { createAnalyzer } from "../security/create-analyzer.ts";
import { isAtLeast } from "../security/risk.ts";
import { rejection } from "./call-results.ts";
import type { AgentSession } from "./session.ts";

const DEFAULT_REJECTION = "User rejected the action";

export interface ConfirmationRules {
  confirmation_policy: ConfirmationPolicy;
  security_analyzer: SecurityAnalyzer | null;
}

/** Whether the actions of one reply must wait for the user: all of them do as soon as one does. */
export function needsConfirmation(actions: readonly ActionEvent[], rules: ConfirmationRules): boolean {
  if (actions.length === 0 || isHarmlessAlone(actions)) return false;
  const { confirmation_policy: policy, security_analyzer: analyzer } = rules;
  return actions.some((action) => shouldConfirm(policy, riskOf(action, analyzer)));
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

/** An analyzer that fails says nothing good about the action. */
function riskOf(action: ActionEvent, analyzer: SecurityAnalyzer | null): SecurityRisk {
  if (analyzer === null) return "UNKNOWN";
  try {
    return createAnalyzer(analyzer)(action);
  } catch {
    return "HIGH";
  }
}

/** The user says no: every open call is answered, in any status. The agent hears of it when it is next run. */
export async function rejectPending(session: AgentSession, reason = DEFAULT_REJECTION): Promise<void> {
  if (session.state.execution_status === "waiting_for_confirmation") {
    await session.update({ execution_status: "idle" });
  }
  const rejections = session.view.pending().map((action) => rejection(action, reason, "user"));
  if (rejections.length > 0) await session.append(rejections);
}
