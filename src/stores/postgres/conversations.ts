import type {
  ConversationFilter,
  ConversationHeader,
  ConversationQuery,
  ConversationRecord,
  ConversationStore,
} from "../store.ts";
import { type Access, Conditions } from "./access.ts";
import type { Row } from "./connection/connections.ts";
import { fromKept, fromKeptOrNull, toKept } from "./kept-text.ts";

const HEADER = `key, id, created_at, updated_at, status, title, parent_id, created_by, leaf_event_id, agent_of, machine, event_count`;

const ORDERS = {
  CREATED_AT: { column: "created_at", direction: "ASC", from: ">=" },
  CREATED_AT_DESC: { column: "created_at", direction: "DESC", from: "<=" },
  UPDATED_AT: { column: "updated_at", direction: "ASC", from: ">=" },
  UPDATED_AT_DESC: { column: "updated_at", direction: "DESC", from: "<=" },
} as const;

/** The conversations of a database. */
export class PostgresConversations implements ConversationStore {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async find(ids: readonly string[], documents: readonly string[]): Promise<ConversationRecord[]> {
    const sql = recordsOf("SELECT * FROM $schema.conversations WHERE id = ANY ($2)", "key");
    const rows = await this.#access.read(sql, documents.map(toKept), ids.map(toKept));
    return toRecords(rows);
  }

  /** Pages start at a place in the index, so that the last page costs what the first does. */
  async search({
    sortOrder,
    from,
    limit,
    documents,
    ...filter
  }: ConversationQuery): Promise<ConversationRecord[]> {
    const { column, direction, from: reaches } = ORDERS[sortOrder];
    const conditions = conditionsOf(filter, documents.map(toKept));
    const start = from === undefined ? undefined : await this.#placeOf(column, from);
    if (start !== undefined) {
      conditions.add(`(${column}, id) ${reaches} (?, ${conditions.value(toKept(from ?? ""))})`, start);
    }
    const order = `${column} ${direction}, id ${direction}`;
    const page = `SELECT * FROM $schema.conversations WHERE TRUE${conditions.sql}
      ORDER BY ${order} LIMIT ${conditions.value(limit)}`;
    return toRecords(await this.#access.read(recordsOf(page, order), ...conditions.values));
  }

  async count(filter: ConversationFilter = {}): Promise<number> {
    const { sql, values } = conditionsOf(filter);
    const text = `SELECT count(*) AS count FROM $schema.conversations WHERE TRUE${sql}`;
    const [row] = await this.#access.read(text, ...values);
    return Number(row?.count);
  }

  async #placeOf(column: string, id: string): Promise<unknown> {
    const text = `SELECT ${column} AS place FROM $schema.conversations WHERE id = $1`;
    const [row] = await this.#access.read(text, toKept(id));
    return row?.place;
  }
}

/**
 * One statement for a whole page, which shows one moment: a row for each document, or one for a record without any. To
 * put the documents together in the database takes longer than to send the header with each. The first value is the names
 * of the documents.
 */
function recordsOf(page: string, order: string): string {
  return `SELECT record.*, d.name AS document, d.json FROM (
      SELECT ${HEADER}, ARRAY(
        SELECT child.id FROM $schema.conversations child WHERE child.parent_id = page.id
        ORDER BY child.created_at, child.id
      ) AS children FROM (${page}) page
    ) record LEFT JOIN LATERAL (
      SELECT name, json FROM $schema.documents WHERE conversation = record.key AND name = ANY ($1::text[])
    ) d ON TRUE ORDER BY ${order}`;
}

function conditionsOf({ status, createdBy, agentOf }: ConversationFilter, ...values: unknown[]): Conditions {
  const conditions = new Conditions(...values);
  conditions.add("agent_of = ?", agentOf === undefined ? undefined : toKept(agentOf));
  conditions.add("created_by = ?", createdBy === undefined ? undefined : toKept(createdBy));
  conditions.add("status = ?", status);
  if (agentOf === undefined) conditions.require("agent_of IS NULL");
  return conditions;
}

/** The records in the order of their first rows. */
function toRecords(rows: readonly Row[]): ConversationRecord[] {
  const records = new Map<unknown, [Row, ...Row[]]>();
  for (const row of rows) {
    const others = records.get(row.key);
    if (others === undefined) records.set(row.key, [row]);
    else others.push(row);
  }
  return [...records.values()].map(toRecord);
}

/** A record of its rows, each of which has one of its documents, or none. */
function toRecord(rows: readonly [Row, ...Row[]]): ConversationRecord {
  const [row] = rows;
  const agentOf = textOrNull(row.agent_of);
  const machine = textOrNull(row.machine);
  return {
    id: fromKept(String(row.id)),
    createdAt: fromKept(String(row.created_at)),
    updatedAt: fromKept(String(row.updated_at)),
    status: row.status as ConversationHeader["status"],
    title: textOrNull(row.title),
    parentId: textOrNull(row.parent_id),
    createdBy: textOrNull(row.created_by),
    leafEventId: textOrNull(row.leaf_event_id),
    ...(agentOf !== null && { agentOf }),
    ...(machine !== null && { machine }),
    childIds: (row.children as string[]).map(fromKept),
    documents: Object.fromEntries(rows.filter(hasDocument).map(toEntry)),
    eventCount: Number(row.event_count),
  };
}

function hasDocument({ document }: Row): boolean {
  return document !== null;
}

function toEntry({ document, json }: Row): [name: string, json: string] {
  return [fromKept(String(document)), fromKept(String(json))];
}

function textOrNull(value: unknown): string | null {
  return fromKeptOrNull(value as string | null);
}
