import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { withoutNulls } from "../../wire/nullable.ts";

/**
 * Makes the event for a new value of a key of the state. Secrets become asterisks. Keys that are null are left out,
 * except in `stats`: clients expect all keys there.
 */
export function stateUpdate(key: string, value: unknown) {
  const redacted = redactSecrets(value, "asterisks");
  return {
    kind: "ConversationStateUpdateEvent",
    source: "environment",
    key,
    value: key === "stats" || redacted === null ? redacted : withoutNulls(redacted),
  } as const satisfies NewEvent;
}

/**
 * Makes the event that shows the whole state. Sockets are sent it; it is never stored. `agent_state.lost_secrets` names
 * the secrets that must be set again; without any it is absent.
 */
export function fullState(state: ConversationState, lostSecrets: readonly string[]) {
  return stateUpdate("full_state", {
    ...state,
    agent_state: withLostSecrets(state.agent_state, lostSecrets),
  });
}

/** Adds the names of lost secrets, so that clients can ask for their values again. */
export function withLostSecrets(
  agentState: ConversationState["agent_state"],
  names: readonly string[],
): ConversationState["agent_state"] {
  return names.length === 0 ? agentState : { ...agentState, lost_secrets: names };
}
