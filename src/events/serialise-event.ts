import type { Event, TransientEvent } from "../wire/events/events.ts";
import { stringifyWithoutNulls } from "../wire/nullable.ts";

/**
 * Writes an event as it is stored and streamed: without the keys that are null. The value of a state update does not
 * belong to the shape of the event and stays as it is.
 */
export function serialiseEvent(event: Event | TransientEvent): string {
  const present = withoutNullKeys(event);
  return event.kind === "ConversationStateUpdateEvent"
    ? JSON.stringify(present)
    : stringifyWithoutNulls(present);
}

/** Leaves out the keys of the event itself. Most events have null nowhere else, and are then written in one go. */
function withoutNullKeys(event: object): object {
  const present: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(event)) if (value !== null) present[key] = value;
  return present;
}
