import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { withoutNulls } from "../../wire/nullable.ts";

/**
 * Tells that a key of the run state has a new value. Secrets in it become asterisks; keys that are null are left out,
 * but for the figures of `stats`, which clients know with all their keys.
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

/** Shows the whole run state. Sent to sockets, never stored. */
export function fullState(state: ConversationState) {
  return stateUpdate("full_state", state);
}
