import { nextPart, placeAfter, type SpanPlace } from "../../log-parts.ts";
import { unknownConversation } from "../../refusals.ts";
import type { CopiedEvents, LogSpan } from "../../store.ts";
import type { Database } from "../database.ts";
import { markEvents } from "./event-marks.ts";
import type { LogEnd } from "./log-ends.ts";

/** Bytes of texts that are copied in one turn: a long log must not block requests. */
const PART_BYTES = 2 * 1024 * 1024;

/**
 * A log in the making, as far as it is copied. Its key is among those of removed logs until a conversation has it, so
 * that what a crash leaves of it is deleted.
 */
export interface CopiedLog {
  /** Key of the conversation that is copied from. */
  readonly source: bigint;
  readonly from: CopiedEvents;
  /** The place in the source up to which all is copied. */
  readonly next: SpanPlace;
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
  return { source, from, next: { span: 0, seq: 0 }, end };
}

export function isWhole({ from, next }: CopiedLog): boolean {
  return next.span === from.spans.length;
}

/** Copies the next part. `log` stays as it is, so that a transaction that was rolled back can be repeated. */
export function copyPart(database: Database, log: CopiedLog): CopiedLog {
  if (keyOf(database, log.from) !== log.source) throw unknownConversation(log.from.conversationId);
  const part = nextPart(log.from.spans, log.next);
  const { count, last } = thatFits(database, log, part);
  if (count > 0) copyEvents(database, log, { part, last });
  return {
    ...log,
    next: placeAfter(log.from.spans, log.next, last),
    end: finishPart(database, log.end, log.end.eventCount + count),
  };
}

function keyOf(database: Database, { conversationId }: CopiedEvents): bigint {
  const row = database.get("SELECT key FROM conversations WHERE id = ?", conversationId);
  if (row === undefined) throw unknownConversation(conversationId);
  return row.key as bigint;
}

/** The events of a part: its JSON text, and the key of the source, are the values of the placeholders. */
const IN_PART = `FROM json_each(?) AS span CROSS JOIN events ON events.conversation = ?
  AND events.seq >= span.value ->> 'first' AND events.seq <= span.value ->> 'last'`;

/** Finds how far a part fits. One event always does. The places of lost events are left out. */
function thatFits(
  database: Database,
  { source }: CopiedLog,
  part: readonly LogSpan[],
): { count: number; last: number } {
  const rows = database.all(
    `SELECT events.seq AS seq, octet_length(events.json) AS bytes ${IN_PART} ORDER BY events.seq`,
    JSON.stringify(part),
    source,
  );
  let count = 0;
  let bytes = 0;
  for (const row of rows) {
    count += 1;
    bytes += Number(row.bytes);
    if (bytes >= PART_BYTES) return { count, last: Number(row.seq) };
  }
  return { count, last: part.at(-1)?.last ?? -1 };
}

/** The latest time of the log is found again: the events between two spans may be later than those that follow. */
function copyEvents(
  database: Database,
  { source, end }: CopiedLog,
  { part, last }: { part: readonly LogSpan[]; last: number },
): void {
  database.run(
    `INSERT INTO events (conversation, seq, id, kind, source, timestamp, reached, body, json)
     SELECT ?, ? + row_number() OVER (ORDER BY events.seq) - 1, events.id, events.kind, events.source,
       events.timestamp, max(?, max(events.timestamp) OVER (ORDER BY events.seq)), events.body, events.json
     ${IN_PART} AND events.seq <= ? ORDER BY events.seq`,
    end.key,
    end.eventCount,
    end.reached,
    JSON.stringify(part),
    source,
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
