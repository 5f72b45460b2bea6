import type { Event, TransientEvent } from "../wire/events/events.ts";
import { stringifyWithoutNulls } from "../wire/nullable.ts";

/**
 * An event as it is stored and streamed: keys that are null are left out. The value of a state update is no part of
 * the event's own shape and goes out as it is.
 */
export function serialiseEvent(event: Event | TransientEvent): string {
  if (event.kind !== "ConversationStateUpdateEvent") return stringifyWithoutNulls(event);
  const entries = Object.entries(event).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(entries));
}
