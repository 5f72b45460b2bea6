import { withNulls } from "../events/serialise-event.ts";
import type { StoredMessage } from "../stores/outbox.ts";

/** Events of one request. */
export interface Batch {
  /** JSON array of the events, with the keys that are null. */
  body: string;
  /** `seq` of its first and last message. */
  first: number;
  last: number;
  /** When the last one was written, in milliseconds since 1970. */
  lastAt: number;
  /** Number of its messages, and the bytes that they take in the queue. */
  count: number;
  bytes: number;
}

/** Takes the first messages as far as they fit in one request. A single one that does not fit goes alone. */
export function takeBatch(messages: readonly StoredMessage[], maxBytes: number): Batch | undefined {
  const [first] = messages;
  if (first === undefined) return undefined;
  const events: string[] = [];
  let size = "[]".length;
  let bytes = 0;
  let last = first;
  for (const message of messages) {
    const event = withNulls(message.json);
    const next = size + Buffer.byteLength(event) + (events.length > 0 ? 1 : 0);
    if (events.length > 0 && next > maxBytes) break;
    events.push(event);
    size = next;
    bytes += Buffer.byteLength(message.json);
    last = message;
  }
  const count = events.length;
  return { body: `[${events.join(",")}]`, first: first.seq, last: last.seq, lastAt: last.at, count, bytes };
}
