import type { SQLOutputValue } from "node:sqlite";
import type { Database } from "../database.ts";
import { EVENT_COUNT } from "../schema.ts";

/** A conversation's row, by the key as it was read. */
interface Log {
  key: SQLOutputValue;
}

/** The first event that late: the one where the running latest time gets there. Undefined without one. */
export function firstAtOrAfter(database: Database, log: Log, timestamp: string): number | undefined {
  const { eventCount } = endOf(database, log);
  const first = firstReaching(database, log, { timestamp, eventCount });
  return first < eventCount ? first : undefined;
}

/** No event after this one is that early: what follows `reached` is late, unless the clock went back. */
export function lastBefore(database: Database, log: Log, timestamp: string): number {
  const { eventCount, lastLate } = endOf(database, log);
  return Math.max(lastLate, firstReaching(database, log, { timestamp, eventCount }) - 1);
}

function endOf(database: Database, { key }: Log): { eventCount: number; lastLate: number } {
  const row = database.get(
    `SELECT ${EVENT_COUNT} AS eventCount, last_late AS lastLate FROM conversations WHERE key = ?`,
    key,
  );
  return { eventCount: Number(row?.eventCount), lastLate: Number(row?.lastLate) };
}

interface Wanted {
  timestamp: string;
  eventCount: number;
}

/**
 * The first place at which the log has reached a time, or its end. `reached` never falls, so that halving finds it: an
 * index of times would cost each commit a page. A place whose event is lost counts like the one after it.
 */
function firstReaching(database: Database, { key }: Log, { timestamp, eventCount }: Wanted): number {
  let first = 0;
  let end = eventCount;
  while (first < end) {
    const middle = Math.floor((first + end) / 2);
    const row = database.get(
      "SELECT reached FROM events WHERE conversation = ? AND seq >= ? ORDER BY seq LIMIT 1",
      key,
      middle,
    );
    if (row === undefined || String(row.reached) >= timestamp) end = middle;
    else first = middle + 1;
  }
  return first;
}
