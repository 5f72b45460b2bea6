import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { longerThan } from "../page-length.ts";
import type { EventFilter, EventQuery, StoredEvent } from "../store.ts";
import type { Columns, Database, Row } from "./database.ts";
import { EVENT_COUNT } from "./schema.ts";

/** `json` is the last: `searchEvents` and `fromColumns` count on the order. */
const EVENT = "seq, id, kind, source, timestamp, body, json";

/** The key of a conversation's row, as it was read. */
type Key = SQLOutputValue;

/** Conditions on the events of one conversation, with the values of their placeholders. */
interface Conditions {
  sql: string;
  values: SQLInputValue[];
}

export function findEvents(
  database: Database,
  conversationId: string,
  ids: readonly string[],
): StoredEvent[] {
  const key = keyOf(database, conversationId);
  if (key === undefined) return [];
  return ids.flatMap((id) => {
    const row = database.get(`SELECT ${EVENT} FROM events WHERE conversation = ? AND id = ?`, key, id);
    return row === undefined ? [] : [toStoredEvent(row)];
  });
}

export function searchEvents(database: Database, conversationId: string, query: EventQuery): StoredEvent[] {
  const key = keyOf(database, conversationId);
  const conditions = key === undefined ? undefined : conditionsOf(database, key, query);
  if (conditions === undefined) return [];
  const ascending = query.order === "asc";
  const start = query.from === undefined ? "" : `AND seq ${ascending ? ">=" : "<="} ?`;
  const isFull = longerThan(query.maxLength);
  const rows = database.columnsUntil(
    (row) => isFull(String(row.at(-1)).length),
    `SELECT ${EVENT} FROM events WHERE ${conditions.sql} ${start} ORDER BY seq ${ascending ? "ASC" : "DESC"} LIMIT ?`,
    ...conditions.values,
    ...(query.from === undefined ? [] : [query.from]),
    query.limit,
  );
  return rows.map(fromColumns);
}

export function countEvents(database: Database, conversationId: string, filter: EventFilter): number {
  const row = database.get(
    `SELECT key, ${EVENT_COUNT} AS eventCount FROM conversations WHERE id = ?`,
    conversationId,
  );
  if (row?.key === undefined) return 0;
  if (Object.values(filter).every((value) => value === undefined)) return Number(row.eventCount);
  const conditions = conditionsOf(database, row.key, filter);
  if (conditions === undefined) return 0;
  const counted = database.get(
    `SELECT count(*) AS count FROM events WHERE ${conditions.sql}`,
    ...conditions.values,
  );
  return Number(counted?.count);
}

function toStoredEvent(row: Row): StoredEvent {
  return { ...(row as unknown as StoredEvent), seq: Number(row.seq) };
}

function fromColumns([seq, id, kind, source, timestamp, body, json]: Columns): StoredEvent {
  return { seq: Number(seq), id, kind, source, timestamp, body, json } as StoredEvent;
}

function keyOf(database: Database, conversationId: string): Key | undefined {
  return database.get("SELECT key FROM conversations WHERE id = ?", conversationId)?.key;
}

/** Undefined when nothing can match. */
function conditionsOf(database: Database, key: Key, filter: EventFilter): Conditions | undefined {
  const parts = ["conversation = ?"];
  const values: SQLInputValue[] = [key];
  const add = (sql: string, ...added: SQLInputValue[]) => {
    parts.push(sql);
    values.push(...added);
  };
  if (filter.kind !== undefined) add("kind = ?", filter.kind);
  if (filter.source !== undefined) add("source = ?", filter.source);
  if (filter.body !== undefined) add("body IS NOT NULL AND instr(body, ?) > 0", filter.body.toLowerCase());
  if (filter.timestampGte !== undefined) {
    const first = firstAtOrAfter(database, key, filter.timestampGte);
    if (first === undefined) return undefined;
    add("seq >= ? AND timestamp >= ?", first, filter.timestampGte);
  }
  if (filter.timestampLt !== undefined) {
    add("seq <= ? AND timestamp < ?", lastBefore(database, key, filter.timestampLt), filter.timestampLt);
  }
  return { sql: parts.join(" AND "), values };
}

/** The first event that late: the one where the running latest time gets there. */
function firstAtOrAfter(database: Database, key: Key, timestamp: string): number | undefined {
  const row = database.get(
    "SELECT seq FROM events WHERE conversation = ? AND reached >= ? ORDER BY reached, seq LIMIT 1",
    key,
    timestamp,
  );
  return row === undefined ? undefined : Number(row.seq);
}

/** No event after this one is that early: what follows `reached` is late, unless the clock went back. */
function lastBefore(database: Database, key: Key, timestamp: string): number {
  const row = database.get(
    `SELECT max(last_late, coalesce((SELECT seq FROM events WHERE conversation = key AND reached < ?
       ORDER BY reached DESC, seq DESC LIMIT 1), -1)) AS seq FROM conversations WHERE key = ?`,
    timestamp,
    key,
  );
  return Number(row?.seq);
}
