import { type Event, type NewEvent, ROOT, type TransientEvent } from "../wire/events/events.ts";
import { isOffBranch } from "../wire/events/hook-records.ts";
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

/** The position behind further events, of which the last moves HEAD to an event; undefined leaves HEAD where it is. */
export function advance(
  from: LogPosition,
  leafEventId: string | null | undefined,
  count: number,
): LogPosition {
  return { head: leafEventId === undefined ? from.head : leafEventId, nextSeq: from.nextSeq + count };
}

/** Fills in ids, times and parents of events that are appended at a position, each behind the one before. */
export function stampAll(events: readonly NewEvent[], from: LogPosition, stamps: EventStamps): Event[] {
  let position = from;
  /** HEAD without the records of hooks that are off the branch. */
  let branch = position.head;
  return events.map((event) => {
    const head = hangsOnBranch(event) ? branch : position.head;
    const stamped = stampEvent(event, parentAt({ ...position, head }), stamps) as Event;
    position = advance(position, movesHead(stamped) ? stamped.id : undefined, 1);
    if (movesHead(stamped) && !isOffBranch(stamped)) branch = stamped.id;
    return stamped;
  });
}

/** Whether HEAD is at the event once it is in the log. */
export function movesHead(event: NewEvent): boolean {
  return event.kind !== "ConversationStateUpdateEvent";
}

function hangsOnBranch(event: NewEvent): boolean {
  return movesHead(event) && event.kind !== "HookExecutionEvent";
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
