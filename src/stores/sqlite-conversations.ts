import type { ExecutionStatus } from "../wire/execution-status.ts";
import type { Database, Row } from "./sqlite-database.ts";
import type { ConversationQuery, ConversationRecord } from "./store.ts";

const HEADER = `key, id, created_at AS createdAt, updated_at AS updatedAt, status, title,
  parent_id AS parentId, leaf_event_id AS leafEventId, event_count AS eventCount`;

const ORDERS = {
  CREATED_AT: { column: "created_at", direction: "ASC", from: ">=" },
  CREATED_AT_DESC: { column: "created_at", direction: "DESC", from: "<=" },
  UPDATED_AT: { column: "updated_at", direction: "ASC", from: ">=" },
  UPDATED_AT_DESC: { column: "updated_at", direction: "DESC", from: "<=" },
} as const;

export function findConversations(
  database: Database,
  ids: readonly string[],
  documents: readonly string[],
): ConversationRecord[] {
  return ids.flatMap((id) => {
    const row = database.get(`SELECT ${HEADER} FROM conversations WHERE id = ?`, id);
    return row === undefined ? [] : [toRecord(database, row, documents)];
  });
}

/** Pages start at a place in the index, so that the last page costs what the first does. */
export function searchConversations(database: Database, query: ConversationQuery): ConversationRecord[] {
  const { column, direction, from } = ORDERS[query.sortOrder];
  const conditions: string[] = [];
  const values: string[] = [];
  if (query.status !== undefined) {
    conditions.push("status = ?");
    values.push(query.status);
  }
  const start = query.from === undefined ? undefined : placeOf(database, column, query.from);
  if (start !== undefined) {
    conditions.push(`(${column}, id) ${from} (?, ?)`);
    values.push(...start);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const rows = database.all(
    `SELECT ${HEADER} FROM conversations ${where} ORDER BY ${column} ${direction}, id ${direction} LIMIT ?`,
    ...values,
    query.limit,
  );
  return rows.map((row) => toRecord(database, row, query.documents));
}

export function countConversations(database: Database, status?: ExecutionStatus): number {
  const row =
    status === undefined
      ? database.get("SELECT count(*) AS count FROM conversations")
      : database.get("SELECT count(*) AS count FROM conversations WHERE status = ?", status);
  return Number(row?.count);
}

function placeOf(database: Database, column: string, id: string): [string, string] | undefined {
  const row = database.get(`SELECT ${column} AS place FROM conversations WHERE id = ?`, id);
  return row === undefined ? undefined : [String(row.place), id];
}

function toRecord(database: Database, row: Row, documents: readonly string[]): ConversationRecord {
  const { key, ...header } = row;
  const children = database.all(
    "SELECT id FROM conversations WHERE parent_id = ? ORDER BY created_at, id",
    String(header.id),
  );
  return {
    ...(header as unknown as ConversationRecord),
    childIds: children.map((child) => String(child.id)),
    documents: Object.fromEntries(documents.flatMap((name) => readDocument(database, Number(key), name))),
  };
}

function readDocument(database: Database, key: number, name: string): [string, string][] {
  const row = database.get("SELECT json FROM documents WHERE conversation = ? AND name = ?", key, name);
  return row === undefined ? [] : [[name, String(row.json)]];
}
