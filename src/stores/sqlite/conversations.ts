import type {
  ConversationFilter,
  ConversationHeader,
  ConversationQuery,
  ConversationRecord,
} from "../store.ts";
import type { Database, Row } from "./database.ts";
import { EVENT_COUNT } from "./schema.ts";

const HEADER = `key, id, created_at AS createdAt, updated_at AS updatedAt, status, title,
  parent_id AS parentId, created_by AS createdBy, leaf_event_id AS leafEventId, agent_of AS agentOf, machine,
  ${EVENT_COUNT} AS eventCount`;

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
  const { conditions, values } = conditionsOf(query);
  const start = query.from === undefined ? undefined : placeOf(database, column, query.from);
  if (start !== undefined) {
    conditions.push(`(${column}, id) ${from} (?, ?)`);
    values.push(...start);
  }
  const rows = database.all(
    `SELECT ${HEADER} FROM conversations ${toWhere(conditions)} ORDER BY ${column} ${direction}, id ${direction} LIMIT ?`,
    ...values,
    query.limit,
  );
  return toRecords(database, rows, query.documents);
}

export function countConversations(database: Database, filter: ConversationFilter): number {
  const { conditions, values } = conditionsOf(filter);
  const row = database.get(`SELECT count(*) AS count FROM conversations ${toWhere(conditions)}`, ...values);
  return Number(row?.count);
}

/** Conditions with the values of their placeholders. */
function conditionsOf(filter: ConversationFilter): { conditions: string[]; values: string[] } {
  const { status, createdBy, agentOf } = filter;
  const columns = { agent_of: agentOf, created_by: createdBy, status };
  const named = Object.entries(columns).flatMap(([column, value]) =>
    value === undefined ? [] : [{ condition: `${column} = ?`, value }],
  );
  const conditions = named.map(({ condition }) => condition);
  if (agentOf === undefined) conditions.push("agent_of IS NULL");
  return { conditions, values: named.map(({ value }) => value) };
}

function toWhere(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
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
  for (const { key, eventCount, agentOf, machine, ...header } of rows) {
    const kin = agentOf === null ? {} : { agentOf: String(agentOf) };
    const place = machine === null ? {} : { machine: String(machine) };
    const own = { ...kin, ...place, eventCount: Number(eventCount), childIds: [], documents: {} };
    const record: ConversationRecord = { ...(header as unknown as ConversationHeader), ...own };
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
    `[${keys.join(",")}]`,
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
