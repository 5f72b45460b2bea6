import type { Database } from "../database.ts";

/** Events of a log that get their marks together. */
const STRIDE = 64;

/** The place up to which the events of a conversation's row have marks. */
export const MARKED = `coalesce((SELECT max(seq) + 1 FROM event_marks WHERE conversation = conversations.key), 0)`;

/** Where a log stands with its marks. */
export interface Marks {
  /** Key of the conversation. */
  key: bigint;
  /** Number of events at the beginning of the log that have marks. */
  marked: number;
}

/**
 * Whether a log that grows to `eventCount` gets marks now. Logs that grow side by side get theirs in different commits,
 * so that none of these takes long.
 */
export function isMarkingDue({ key, marked }: Marks, eventCount: number): boolean {
  const share = Number(key % BigInt(STRIDE));
  const next = (Math.floor((marked + share) / STRIDE) + 1) * STRIDE - share;
  return eventCount >= next;
}

/** Writes the marks of all events that have none yet. */
export function markEvents(database: Database, { key, marked }: Marks, eventCount: number): void {
  // In a damaged log two events may have one id.
  database.run(
    `INSERT OR IGNORE INTO event_marks (conversation, seq, id, kind, source)
     SELECT conversation, seq, id, kind, source FROM events WHERE conversation = ? AND seq >= ? AND seq < ? ORDER BY seq`,
    key,
    marked,
    eventCount,
  );
}

/** Whether an event with marks has this id. */
export function hasMark(database: Database, key: bigint, id: string): boolean {
  return database.get("SELECT 1 FROM event_marks WHERE conversation = ? AND id = ?", key, id) !== undefined;
}

/** Deletes marks of events that the log has lost, so that other events can take their places. */
export function unmarkFrom(database: Database, key: bigint, eventCount: number): void {
  database.run("DELETE FROM event_marks WHERE conversation = ? AND seq >= ?", key, eventCount);
}
