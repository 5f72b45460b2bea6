import type { ConfirmationPolicy, SecurityAnalyzer, SecurityRisk } from "../../wire/agent/policies.ts";
import type { ActionEvent } from "../../wire/events/events.ts";
import { createAnalyzer } from "../security/create-analyzer.ts";
import { type Analyzer, isAtLeast } from "../security/risk.ts";
import { answerOpenCalls, rejection } from "./call-results.ts";
import type { AgentSession } from "./session.ts";

const DEFAULT_REJECTION = "User rejected the action";

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

/** Answers every open call with the user's no, in any status. The agent reads it when it is run again. */
export async function rejectPending(session: AgentSession, reason = DEFAULT_REJECTION): Promise<void> {
  const isWaiting = session.state.execution_status === "waiting_for_confirmation";
  const status = isWaiting ? { execution_status: "idle" as const } : {};
  await answerOpenCalls(session, (action) => rejection(action, reason, "user"), status);
}
