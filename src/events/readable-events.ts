import { isObject } from "../is-object.ts";
import { once } from "../once.ts";
import type { EventStore, StoredEvent } from "../stores/store.ts";
import { readDateTime } from "../wire/datetime.ts";
import { type Event, event as eventSchema, logEvents } from "../wire/events/events.ts";
import { CheckedEvents } from "./checked-events.ts";
import { serialiseEvent } from "./serialise-event.ts";

/** Kinds whose shape is part of the wire. Events of other kinds are shown as they are stored. */
const kinds = once<ReadonlySet<string>>(() => new Set(logEvents.map(({ shape }) => shape.kind.value)));
/** The time of an event whose stored time cannot be read. */
const NO_TIME = "1970-01-01T00:00:00.000000";

/** Events that can all be read. */
export interface ReadableEvents extends EventStore {
  /** Drops what is remembered of a conversation that was removed. */
  forget(conversationId: string): void;
}

/**
 * Reads a store's events so that every text is an event that clients can parse. In the place of a damaged one stands a
 * `ConversationErrorEvent` with its id. `onDamaged` is called for each that is read. An event that can be read is
 * checked once: checking it costs as much as sending it.
 */
export function readableEvents(
  events: EventStore,
  onDamaged: (conversationId: string, row: StoredEvent) => void,
): ReadableEvents {
  const checked = new CheckedEvents();
  const toReadable = (conversationId: string, rows: readonly StoredEvent[]) =>
    rows.map((row) => {
      if (checked.has(conversationId, row.seq)) return row;
      if (isReadableEvent(parse(row.json))) {
        checked.add(conversationId, row.seq);
        return row;
      }
      onDamaged(conversationId, row);
      return standIn(row);
    });
  return {
    find: async (id, eventIds) => toReadable(id, await events.find(id, eventIds)),
    search: async (id, query) => toReadable(id, await events.search(id, query)),
    count: (id, filter) => events.count(id, filter),
    forget: (id) => checked.forget(id),
  };
}

/** Whether a value is an event that clients can parse. */
export function isReadableEvent(value: unknown): value is Event {
  if (!isObject(value)) return false;
  if (typeof value.kind === "string" && kinds().has(value.kind)) return eventSchema.safeParse(value).success;
  return [value.id, value.timestamp, value.source, value.kind].every((part) => typeof part === "string");
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function standIn({ seq, id, kind, timestamp, ...row }: StoredEvent): StoredEvent {
  const json = serialiseEvent({
    id,
    timestamp: readDateTime(timestamp) === undefined ? NO_TIME : timestamp,
    source: "environment",
    code: "DamagedEvent",
    detail: `Event ${seq} of this conversation (${kind}) is damaged in the store and cannot be shown.`,
    kind: "ConversationErrorEvent",
  });
  return { ...row, seq, id, kind, timestamp, json };
}
