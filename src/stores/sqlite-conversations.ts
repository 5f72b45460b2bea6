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
  const rows = ids.flatMap((id) => {
    const row = database.get(`SELECT ${HEADER} FROM conversations WHERE id = ?`, id);
    return row === undefined ? [] : [row];
  });
  return toRecords(database, rows, documents);
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
  return toRecords(database, rows, query.documents);
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

/** Two statements for a whole page: one for each part of each record would cost more than all the rest of a list. */
function toRecords(
  database: Database,
  rows: readonly Row[],
  documents: readonly string[],
): ConversationRecord[] {
  const records = new Map<unknown, ConversationRecord>();
  const byId = new Map<unknown, ConversationRecord>();
  for (const { key, ...header } of rows) {
    const record = { ...(header as unknown as ConversationRecord), childIds: [], documents: {} };
    records.set(key, record);
    byId.set(record.id, record);
  }
  for (const { conversation, name, json } of readDocuments(database, [...records.keys()], documents)) {
    const record = records.get(conversation);
    if (record !== undefined) record.documents[String(name)] = String(json);
  }
  for (const { parentId, id } of readChildren(database, [...byId.keys()])) {
    byId.get(parentId)?.childIds.push(String(id));
  }
  return rows.map(({ key }) => records.get(key) as ConversationRecord);
}

function readDocuments(database: Database, keys: readonly unknown[], names: readonly string[]): Row[] {
  if (keys.length === 0 || names.length === 0) return [];
  return database.all(
    `SELECT conversation, name, json FROM documents
     WHERE conversation IN (SELECT value FROM json_each(?)) AND name IN (SELECT value FROM json_each(?))`,
    JSON.stringify(keys),
    JSON.stringify(names),
  );
}

function readChildren(database: Database, ids: readonly unknown[]): Row[] {
  if (ids.length === 0) return [];
  return database.all(
    `SELECT parent_id AS parentId, id FROM conversations
     WHERE parent_id IN (SELECT value FROM json_each(?)) ORDER BY parent_id, created_at, id`,
    JSON.stringify(ids),
  );
}
