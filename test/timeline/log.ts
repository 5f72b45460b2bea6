import type { LoggedEvent } from "../../src/timeline/logged-event.ts";
import type { Row } from "../../src/timeline/row.ts";
import { Timeline } from "../../src/timeline/timeline.ts";

export const LIMITS = { text: 1_000, diffLines: 100 };

let ids = 0;

/** A time of the log, so many seconds after its start. */
export function time(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString().replace("Z", "000");
}

/** An event of the log at a second after its start. */
export function event(kind: string, seconds: number, fields: object = {}): LoggedEvent {
  ids += 1;
  return { kind, id: `event-${ids}`, timestamp: time(seconds), source: "agent", ...fields };
}

export function status(value: string, seconds: number): LoggedEvent {
  return event("ConversationStateUpdateEvent", seconds, {
    source: "environment",
    key: "execution_status",
    value,
  });
}

export function userMessage(text: string, seconds: number): LoggedEvent {
  const llm_message = { role: "user", content: [{ type: "text", text }] };
  return event("MessageEvent", seconds, { source: "user", llm_message });
}

/** The sums of tokens and cost that the log shows. */
export function stats(input: number, output: number, seconds: number, usageId = "default"): LoggedEvent {
  const metrics = {
    accumulated_cost: input / 100_000,
    accumulated_token_usage: { prompt_tokens: input, completion_tokens: output },
  };
  const value = { usage_to_metrics: { [usageId]: metrics } };
  return event("ConversationStateUpdateEvent", seconds, { source: "environment", key: "stats", value });
}

export function call(id: string, seconds: number, fields: object = {}): LoggedEvent {
  const about = { tool_name: "terminal", tool_call_id: `call-${id}`, action: { command: "ls" }, thought: [] };
  return event("ActionEvent", seconds, { id, ...about, ...fields });
}

export function result(id: string, seconds: number, text = "ok", fields: object = {}): LoggedEvent {
  const observation = { content: [{ type: "text", text }], exit_code: 0, ...fields };
  const about = { source: "environment", tool_name: "terminal", tool_call_id: `call-${id}`, action_id: id };
  return event("ObservationEvent", seconds, { ...about, observation });
}

/** The rows of a whole log. */
export function rowsOf(events: readonly LoggedEvent[], isStart = true): Row[] {
  const timeline = new Timeline({ limits: LIMITS, isStart });
  return [...new Set(events.flatMap((each) => timeline.take(each)))];
}
