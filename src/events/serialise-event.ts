import { anyEvent } from "../wire/events/any-event.ts";
import type { Event, TransientEvent } from "../wire/events/events.ts";
import { stringifyWithoutNulls } from "../wire/nullable.ts";

/**
 * Writes an event as it is stored and streamed: without the keys that are null. The value of a state update and the
 * input of a hook do not belong to the shape of the event and stay as they are.
 */
export function serialiseEvent(event: Event | TransientEvent): string {
  const present = withoutNullKeys(event);
  return event.kind === "ConversationStateUpdateEvent" || event.kind === "HookExecutionEvent"
    ? JSON.stringify(present)
    : stringifyWithoutNulls(present);
}

/** Writes such a text again with the keys that are null. One of an unknown kind or shape stays as it is. */
export function withNulls(json: string): string {
  const parsed = anyEvent.safeParse(JSON.parse(json));
  return parsed.success ? JSON.stringify(parsed.data) : json;
}

/** Leaves out the keys of the event itself. Most events have null nowhere else, and are then written in one go. */
function withoutNullKeys(event: object): object {
  const present: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(event)) if (value !== null) present[key] = value;
  return present;
}
