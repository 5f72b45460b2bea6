import type { StoredEvent } from "../stores/store.ts";
import type { Event, MessageEvent } from "../wire/events/events.ts";
import { serialiseEvent } from "./serialise-event.ts";

/** Makes the row of an event: its JSON text, written once, and the fields that searches look at. */
export function toStoredEvent(event: Event, seq: number): StoredEvent {
  return {
    seq,
    id: event.id,
    kind: event.kind,
    source: event.source,
    timestamp: event.timestamp,
    body: event.kind === "MessageEvent" ? bodyOf(event) : null,
    json: serialiseEvent(event),
  };
}

/** The text that a search by body looks through, without NUL: older SQLite bindings end a text there. */
function bodyOf({ llm_message: message, extended_content: extended = [] }: MessageEvent): string {
  const content = Array.isArray(message.content) ? [...message.content, ...extended] : extended;
  const texts = content.flatMap((part) =>
    "text" in part && typeof part.text === "string" ? [part.text] : [],
  );
  if (typeof message.content === "string") texts.unshift(message.content);
  if (message.reasoning_content) texts.push(message.reasoning_content);
  return texts.join(" ").replaceAll("\0", " ").toLowerCase();
}
