import type { ActionEvent, NewEvent } from "../../wire/events/events.ts";
import type { ExecutionStatus } from "../../wire/execution-status.ts";
import { AGENT_OUTCOME } from "../error-classification.ts";

export const INTERRUPTED = "Tool call interrupted before completion. The conversation was paused.";

/** An event that answers a tool call. */
export type CallResult = Extract<
  NewEvent,
  { kind: "ObservationEvent" | "UserRejectObservation" | "AgentErrorEvent" }
>;

/** The part of a session that knows the open calls and takes their answers. */
export interface OpenCalls {
  readonly view: { pending(): readonly ActionEvent[] };
  update(
    changes: { execution_status?: ExecutionStatus; blocked_actions: Record<string, string> },
    reasons: readonly NewEvent[],
  ): Promise<void>;
}

/** Answers a call that brought no observation. */
export function callError(action: ActionEvent, error: string, classification = AGENT_OUTCOME): CallResult {
  const { tool_name, tool_call_id } = action;
  return { kind: "AgentErrorEvent", source: "agent", tool_name, tool_call_id, error, classification };
}

/** Answers a call that the user or an extension refuses. */
export function rejection(action: ActionEvent, reason: string, source: "user" | "hook"): CallResult {
  return {
    kind: "UserRejectObservation",
    source: "environment",
    tool_name: action.tool_name,
    tool_call_id: action.tool_call_id,
    action_id: action.id,
    rejection_reason: reason,
    rejection_source: source,
  };
}

/**
 * Answers every open call without running it, so that the conversation can go on. A new status is part of the same
 * commit: calls that are still open would run with the next run.
 */
export async function answerOpenCalls(
  session: OpenCalls,
  answer: (action: ActionEvent) => CallResult,
  status: { execution_status?: ExecutionStatus } = {},
): Promise<void> {
  await session.update({ ...status, blocked_actions: {} }, session.view.pending().map(answer));
}
