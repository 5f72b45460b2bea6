import type { Event, TransientEvent } from "../wire/events/events.ts";
import { stringifyWithoutNulls } from "../wire/nullable.ts";

/**
 * Writes an event as it is stored and streamed: without the keys that are null. The value of a state update does not
 * belong to the shape of the event and stays as it is.
 */
export function serialiseEvent(event: Event | TransientEvent): string {
  if (event.kind !== "ConversationStateUpdateEvent") return stringifyWithoutNulls(event);
  const entries = Object.entries(event).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(entries));
}
