import type { Database } from "../database.ts";
import { EVENT_COUNT } from "../schema.ts";
import { hasMark, MARKED, type Marks, unmarkFrom } from "./event-marks.ts";

/** Logs whose ends are kept in memory. */
const MAX_KEPT = 1_000;

/** Where the log of a conversation stands. */
export interface LogEnd extends Marks {
  eventCount: number;
  /** The latest timestamp of the log. */
  reached: string;
  /** `seq` of the last event whose timestamp lies before `reached`; -1 without one. */
  lastLate: bigint;
  /** Ids of the events without marks. */
  unmarkedIds: Set<string>;
}

/**
 * The ends of logs that were written lately, so that a commit does not have to look for them. They are those of the
 * open transaction: `clear` must follow a transaction that was rolled back.
 */
export class LogEnds {
  readonly #kept = new Map<string, LogEnd>();

  /** Reads the end of a log; undefined without such a conversation. Must be called in a transaction. */
  of(database: Database, conversationId: string): LogEnd | undefined {
    return this.#kept.get(conversationId) ?? read(database, conversationId);
  }

  keep(conversationId: string, end: LogEnd): void {
    this.#kept.delete(conversationId);
    this.#kept.set(conversationId, end);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  forget(conversationId: string): void {
    this.#kept.delete(conversationId);
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** Whether an event of the log has this id. */
export function hasEvent(database: Database, { key, unmarkedIds }: LogEnd, id: string): boolean {
  return unmarkedIds.has(id) || hasMark(database, key, id);
}

function read(database: Database, conversationId: string): LogEnd | undefined {
  const row = database.get(
    `SELECT key, ${EVENT_COUNT} AS eventCount, ${MARKED} AS marked, reached, last_late AS lastLate
     FROM conversations WHERE id = ?`,
    conversationId,
  );
  if (row === undefined) return undefined;
  const key = row.key as bigint;
  const eventCount = Number(row.eventCount);
  if (Number(row.marked) > eventCount) unmarkFrom(database, key, eventCount);
  const marked = Math.min(Number(row.marked), eventCount);
  const unmarked = database.all(
    "SELECT id FROM events WHERE conversation = ? AND seq >= ? AND seq < ?",
    key,
    marked,
    eventCount,
  );
  return {
    key,
    eventCount,
    marked,
    reached: String(row.reached),
    lastLate: row.lastLate as bigint,
    unmarkedIds: new Set(unmarked.map(({ id }) => String(id))),
  };
}
