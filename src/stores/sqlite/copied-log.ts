import { unknownConversation } from "../refusals.ts";
import type { CopiedEvents, LogSpan } from "../store.ts";
import type { Database } from "./database.ts";
import { markEvents } from "./event-marks.ts";
import type { LogEnd } from "./log-ends.ts";

/** Events, and bytes of their texts, that are copied in one turn: a long log must not block requests. */
const PART_EVENTS = 500;
const PART_BYTES = 2 * 1024 * 1024;

/**
 * A log in the making, as far as it is copied. Its key is among those of removed logs until a conversation has it, so
 * that what a crash leaves of it is deleted.
 */
export interface CopiedLog {
  /** Key of the conversation that is copied from. */
  readonly source: bigint;
  readonly from: CopiedEvents;
  /** Index of the span that is next, and the place in the source from which it is left. */
  readonly next: { readonly span: number; readonly seq: number };
  /** Where the new log stands. */
  readonly end: LogEnd;
}

/** Reserves a key. Must be called in a transaction, as the functions below. */
export function beginCopy(database: Database, from: CopiedEvents): CopiedLog {
  const source = keyOf(database, from);
  const row = database.get(
    "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'conversations' RETURNING seq AS key",
  );
  const key = row?.key as bigint;
  database.run("INSERT INTO removed (conversation) VALUES (?)", key);
  const end = { key, eventCount: 0, marked: 0, reached: "", lastLate: -1n, unmarkedIds: new Set<string>() };
  return { source, from, next: { span: 0, seq: from.spans[0]?.first ?? 0 }, end };
}

export function isWhole({ from, next }: CopiedLog): boolean {
  return next.span === from.spans.length;
}

/** Copies the next part. `log` stays as it is, so that a transaction that was rolled back can be repeated. */
export function copyPart(database: Database, log: CopiedLog): CopiedLog {
  if (keyOf(database, log.from) !== log.source) throw unknownConversation(log.from.conversationId);
  const { spans } = log.from;
  let room: Room = { events: PART_EVENTS, bytes: PART_BYTES };
  let next = log.next;
  let eventCount = log.end.eventCount;
  while (next.span < spans.length && room.events > 0 && room.bytes > 0) {
    const span = { first: next.seq, last: spans[next.span]?.last ?? -1 };
    const taken = thatFits(database, log.source, { span, room });
    if (taken.count > 0) copySpan(database, log, { ...taken, first: span.first, eventCount });
    eventCount += taken.count;
    room = { events: room.events - taken.count, bytes: room.bytes - taken.bytes };
    const isDone = taken.last === span.last;
    next = isDone
      ? { span: next.span + 1, seq: spans[next.span + 1]?.first ?? 0 }
      : { ...next, seq: taken.last + 1 };
  }
  return { ...log, next, end: finishPart(database, log.end, eventCount) };
}

function keyOf(database: Database, { conversationId }: CopiedEvents): bigint {
  const row = database.get("SELECT key FROM conversations WHERE id = ?", conversationId);
  if (row === undefined) throw unknownConversation(conversationId);
  return row.key as bigint;
}

interface Room {
  events: number;
  bytes: number;
}

/** Finds how far a span fits. One event always does. */
function thatFits(
  database: Database,
  source: bigint,
  { span, room }: { span: LogSpan; room: Room },
): { last: number; count: number; bytes: number } {
  const rows = database.all(
    `SELECT seq, octet_length(json) AS bytes FROM events WHERE conversation = ? AND seq >= ? AND seq <= ?
     ORDER BY seq LIMIT ?`,
    source,
    span.first,
    span.last,
    room.events,
  );
  let count = 0;
  let bytes = 0;
  for (const row of rows) {
    count += 1;
    bytes += Number(row.bytes);
    if (bytes >= room.bytes) return { last: Number(row.seq), count, bytes };
  }
  // The places of lost events are left out with the rest.
  const last = count === room.events ? Number(rows.at(-1)?.seq) : span.last;
  return { last, count, bytes };
}

/** The latest time of the log is found again: the events between two spans may be later than those that follow. */
function copySpan(
  database: Database,
  { source, end }: CopiedLog,
  { first, last, eventCount }: LogSpan & { eventCount: number },
): void {
  database.run(
    `INSERT INTO events (conversation, seq, id, kind, source, timestamp, reached, body, json)
     SELECT ?, ? + row_number() OVER (ORDER BY seq) - 1, id, kind, source, timestamp,
       max((SELECT coalesce(max(reached), '') FROM events WHERE conversation = ? AND seq = ?),
         max(timestamp) OVER (ORDER BY seq)), body, json
     FROM events WHERE conversation = ? AND seq >= ? AND seq <= ? ORDER BY seq`,
    end.key,
    eventCount,
    end.key,
    eventCount - 1,
    source,
    first,
    last,
  );
}

/** Writes the marks of a part, and reads where the log stands with it. */
function finishPart(database: Database, end: LogEnd, eventCount: number): LogEnd {
  markEvents(database, end, eventCount);
  const times = database.get(
    `SELECT max(reached) AS reached, max(CASE WHEN timestamp < reached THEN seq END) AS lastLate
     FROM events WHERE conversation = ? AND seq >= ?`,
    end.key,
    end.eventCount,
  );
  return {
    ...end,
    eventCount,
    marked: eventCount,
    reached: String(times?.reached ?? end.reached),
    lastLate: (times?.lastLate as bigint | null) ?? end.lastLate,
  };
}
