import { asObject } from "../../is-object.ts";
import type { ChatEvent } from "./event-feed.ts";

/** Calls that are kept. A reply has a few. */
const MAX_CALLS = 1_000;

/** The calls of the agent that have no result yet: where it waits for a confirmation, these are what it asks for. */
export class PendingCalls {
  readonly #calls = new Map<string, ChatEvent>();

  get all(): readonly ChatEvent[] {
    return [...this.#calls.values()];
  }

  take(event: ChatEvent): void {
    switch (event.kind) {
      case "ActionEvent":
        // A call that could not be read is answered with an error, and never asked for.
        if (event.action === undefined || event.action === null || this.#calls.size >= MAX_CALLS) return;
        this.#calls.set(String(event.id), event);
        return;
      case "ObservationEvent":
      case "UserRejectObservation":
        this.#calls.delete(String(event.action_id));
        return;
      case "AgentErrorEvent":
        for (const [id, call] of this.#calls) {
          if (call.tool_call_id === event.tool_call_id) this.#calls.delete(id);
        }
    }
  }
}

/** The status that an event says the conversation has now. */
export function statusIn(event: ChatEvent): string | undefined {
  if (event.kind !== "ConversationStateUpdateEvent") return undefined;
  const status = event.key === "full_state" ? asObject(event.value).execution_status : event.value;
  const isStatus = event.key === "full_state" || event.key === "execution_status";
  return isStatus && typeof status === "string" ? status : undefined;
}
