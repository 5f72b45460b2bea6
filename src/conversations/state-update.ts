import { redactSecrets } from "../secrets/secret-fields.ts";
import type { NewEvent } from "../wire/events.ts";

/** Tells that a key of the run state has a new value. Secrets in it become asterisks. */
export function stateUpdate(key: string, value: unknown) {
  return {
    kind: "ConversationStateUpdateEvent",
    source: "environment",
    key,
    value: redactSecrets(value, "asterisks"),
  } as const satisfies NewEvent;
}
