import { isObject } from "../../is-object.ts";
import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { withoutNulls } from "../../wire/nullable.ts";

/** Keys of the state whose own keys may be null: the figures have all of theirs, and the agent's are its own matter. */
const WITH_NULLS: ReadonlySet<string> = new Set(["stats", "agent_state"]);

/**
 * Makes the event for a new value of a key of the state. Secrets become asterisks. Keys that are null are left out,
 * except in figures and in what agents keep.
 */
export function stateUpdate(key: string, value: unknown) {
  const redacted = redactSecrets(value, "asterisks");
  return {
    kind: "ConversationStateUpdateEvent",
    source: "environment",
    key,
    value: WITH_NULLS.has(key) || redacted === null ? redacted : shownState(key, redacted),
  } as const satisfies NewEvent;
}

/** A whole state has what its agent keeps as it is, too. */
function shownState<T>(key: string, value: T): T {
  const shown = withoutNulls(value);
  if (key !== "full_state" || !isObject(value) || !isObject(shown)) return shown;
  return { ...shown, agent_state: value.agent_state };
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
