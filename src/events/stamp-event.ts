import { type NewEvent, ROOT, type TransientEvent } from "../wire/events/events.ts";
import { serialiseEvent } from "./serialise-event.ts";
import type { Timestamps } from "./timestamp.ts";

/** Sources of what every event has. */
export interface EventStamps {
  timestamps: Timestamps;
  newId(): string;
}

/** A transient event without id, time or parent, which are filled in. */
export type NewTransientEvent = TransientEvent extends infer E
  ? E extends TransientEvent
    ? Omit<E, "id" | "timestamp" | "parent_id"> & Partial<Pick<E, "id" | "timestamp" | "parent_id">>
    : never
  : never;

/** Where a log stands: HEAD of the tree and the place of the next event. */
export interface LogPosition {
  head: string | null;
  nextSeq: number;
}

/** Fills in id, time and parent. Key order is the wire's: the common keys first, `kind` last. */
export function stampEvent(
  event: NewEvent | NewTransientEvent,
  parent: string | null,
  { newId, timestamps }: EventStamps,
): object {
  const { id, timestamp, source, parent_id, kind, ...own } = event;
  return {
    id: id ?? newId(),
    timestamp: timestamp ?? timestamps.eventTimestamp(),
    source,
    parent_id: parent_id ?? parent,
    ...own,
    kind,
  };
}

/** The parent of an event at this position. After HEAD was emptied that is the root, named because events exist. */
export function parentAt({ head, nextSeq }: LogPosition): string | null {
  return head ?? (nextSeq > 0 ? ROOT : null);
}

/** The JSON text of an event that is not stored. State updates hang on HEAD, others on nothing. */
export function transientText(event: NewTransientEvent, at: LogPosition, stamps: EventStamps): string {
  const parent = event.kind === "ConversationStateUpdateEvent" ? parentAt(at) : null;
  return serialiseEvent(stampEvent(event, parent, stamps) as TransientEvent);
}
