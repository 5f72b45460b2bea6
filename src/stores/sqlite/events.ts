import type { SQLOutputValue } from "node:sqlite";
import { longerThan } from "../page-length.ts";
import type { EventFilter, EventQuery, StoredEvent } from "../store.ts";
import type { Columns, Database, Row } from "./database.ts";
import { EventConditions, eventRows } from "./event-conditions.ts";
import { MARKED } from "./log/event-marks.ts";
import { firstAtOrAfter, lastBefore } from "./log/log-times.ts";
import { EVENT_COUNT } from "./schema.ts";

/** `seq` is the first and `json` the last: `eventRows`, `searchEvents` and `fromColumns` count on the order. */
const EVENT = ["seq", "id", "kind", "source", "timestamp", "body", "json"];

/** A conversation's row: its key, as it was read, and the place up to which its events have marks. */
interface Place {
  key: SQLOutputValue;
  marked: SQLOutputValue;
}

export function findEvents(
  database: Database,
  conversationId: string,
  ids: readonly string[],
): StoredEvent[] {
  const place = placeOf(database, conversationId);
  if (place === undefined) return [];
  return ids.flatMap((id) => {
    const row = markedEvent(database, place, id) ?? unmarkedEvent(database, place, id);
    return row === undefined ? [] : [toStoredEvent(row)];
  });
}

export function searchEvents(database: Database, conversationId: string, query: EventQuery): StoredEvent[] {
  const place = placeOf(database, conversationId);
  const conditions = place === undefined ? undefined : conditionsOf(database, place, query);
  if (conditions === undefined) return [];
  const ascending = query.order === "asc";
  if (query.from !== undefined) conditions.add(`seq ${ascending ? ">=" : "<="} ?`, query.from);
  const { sql, values } = eventRows(EVENT, conditions);
  const isFull = longerThan(query.maxLength);
  const rows = database.columnsUntil(
    (row) => isFull(String(row.at(-1)).length),
    `${sql} ORDER BY seq ${ascending ? "ASC" : "DESC"} LIMIT ?`,
    ...values,
    query.limit,
  );
  return rows.map(fromColumns);
}

export function countEvents(database: Database, conversationId: string, filter: EventFilter): number {
  const row = database.get(
    `SELECT key, ${EVENT_COUNT} AS eventCount, ${MARKED} AS marked FROM conversations WHERE id = ?`,
    conversationId,
  );
  if (row === undefined) return 0;
  if (Object.values(filter).every((value) => value === undefined)) return Number(row.eventCount);
  const conditions = conditionsOf(database, row as unknown as Place, filter);
  if (conditions === undefined) return 0;
  const { sql, values } = eventRows(["seq"], conditions);
  return Number(database.get(`SELECT count(*) AS count FROM (${sql})`, ...values)?.count);
}

function markedEvent(database: Database, { key }: Place, id: string): Row | undefined {
  return database.get(
    `SELECT ${EVENT.join(", ")} FROM events WHERE conversation = ?1 AND id = ?2
     AND seq = (SELECT seq FROM event_marks WHERE conversation = ?1 AND id = ?2)`,
    key,
    id,
  );
}

function unmarkedEvent(database: Database, { key, marked }: Place, id: string): Row | undefined {
  return database.get(
    `SELECT ${EVENT.join(", ")} FROM events WHERE conversation = ? AND seq >= ? AND id = ?`,
    key,
    marked,
    id,
  );
}

function toStoredEvent(row: Row): StoredEvent {
  return { ...(row as unknown as StoredEvent), seq: Number(row.seq) };
}

function fromColumns([seq, id, kind, source, timestamp, body, json]: Columns): StoredEvent {
  return { seq: Number(seq), id, kind, source, timestamp, body, json } as StoredEvent;
}

function placeOf(database: Database, conversationId: string): Place | undefined {
  const row = database.get(`SELECT key, ${MARKED} AS marked FROM conversations WHERE id = ?`, conversationId);
  return row as Place | undefined;
}

/** Undefined when nothing can match. */
function conditionsOf(database: Database, place: Place, filter: EventFilter): EventConditions | undefined {
  const conditions = new EventConditions(place, filter);
  const { body, timestampGte, timestampLt } = filter;
  if (body !== undefined) conditions.add("body IS NOT NULL AND instr(body, ?) > 0", body.toLowerCase());
  if (timestampGte !== undefined) {
    const first = firstAtOrAfter(database, place, timestampGte);
    if (first === undefined) return undefined;
    conditions.add("seq >= ?", first);
    conditions.add("timestamp >= ?", timestampGte);
  }
  if (timestampLt !== undefined) {
    conditions.add("seq <= ?", lastBefore(database, place, timestampLt));
    conditions.add("timestamp < ?", timestampLt);
  }
  return conditions;
}
