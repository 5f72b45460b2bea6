import { asObject } from "../is-object.ts";
import { outcomeOf, textOf } from "./event-words.ts";
import type { LoggedEvent } from "./logged-event.ts";
import type { Part, Row, RowLimits } from "./row.ts";
import { jsonPart, resultParts, textPart } from "./row-parts.ts";
import { oneLine } from "./visible-text.ts";

/** Characters of the words about an outcome. */
const MAX_WORDS = 200;

/** An event that ends a call. */
export interface CallResult {
  /** Id of the call's event, or of the call itself. */
  call: string;
  outcome: NonNullable<Row["outcome"]>;
  parts: Part[];
  /** Conversation that the call has started. */
  conversationId?: string;
}

/** Reads the end of a call. Undefined for every other event, and for a call of another program that still runs. */
export function callResultOf(event: LoggedEvent, limits: RowLimits): CallResult | undefined {
  switch (event.kind) {
    case "ObservationEvent":
      return observed(event, limits);
    case "UserRejectObservation": {
      const reason = textOf(event.rejection_reason);
      const by = event.rejection_source === "hook" ? "a hook" : "the user";
      return failed(String(event.action_id), `rejected by ${by}`, textPart("Reason", reason, limits));
    }
    case "AgentErrorEvent": {
      const error = textOf(event.error);
      return failed(String(event.tool_call_id), error, textPart("Error", error, limits));
    }
    case "ACPToolCallEvent":
      return programResult(event, limits);
    default:
      return undefined;
  }
}

function observed(event: LoggedEvent, limits: RowLimits): CallResult {
  const observation = asObject(event.observation);
  const { isGood, words } = outcomeOf(observation);
  const child = textOf(observation.conversation_id);
  return {
    call: String(event.action_id),
    outcome: { isGood, words: oneLine(words, MAX_WORDS) },
    parts: resultParts(observation, limits),
    ...(child !== "" && { conversationId: oneLine(child, MAX_WORDS) }),
  };
}

function failed(call: string, words: string, parts: Part[]): CallResult {
  return { call, outcome: { isGood: false, words: oneLine(words, MAX_WORDS) }, parts };
}

function programResult(event: LoggedEvent, limits: RowLimits): CallResult | undefined {
  const { status } = event;
  if (status !== "completed" && status !== "failed") return undefined;
  return {
    call: String(event.tool_call_id),
    outcome: { isGood: status === "completed", words: status },
    parts: jsonPart("Result", event.raw_output ?? event.content, limits),
  };
}
