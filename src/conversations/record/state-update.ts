import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { withoutNulls } from "../../wire/nullable.ts";

/**
 * Makes the event for a new value of a key of the state. Secrets become asterisks. Keys that are null are left out, except
 * in `stats`: clients expect all keys there.
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

/** Makes the event that shows the whole state. Sockets are sent it; it is never stored. */
export function fullState(state: ConversationState) {
  return stateUpdate("full_state", state);
}
