import type { EventFilter, EventQuery, EventStore, StoredEvent } from "../store.ts";
import { type Access, Conditions } from "./access.ts";
import type { Row } from "./connection/connections.ts";
import { fromKept, fromKeptOrNull, toKept } from "./kept-text.ts";

const EVENT = "seq, id, kind, source, timestamp, body, json";
/** The key of the log. As the value of a subquery, it is a constant for the planner, which then reads in order. */
const KEY = "(SELECT key FROM $schema.conversations WHERE id = $1)";

/** The logs of a database. */
export class PostgresEvents implements EventStore {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async find(conversationId: string, ids: readonly string[]): Promise<StoredEvent[]> {
    const text = `SELECT ${EVENT} FROM $schema.events WHERE conversation = ${KEY} AND id = ANY ($2)`;
    return (await this.#access.read(text, toKept(conversationId), ids.map(toKept))).map(toEvent);
  }

  async search(conversationId: string, query: EventQuery): Promise<StoredEvent[]> {
    const { order, from, limit, maxLength } = query;
    const isAscending = order === "asc";
    const conditions = conditionsOf(conversationId, query);
    conditions.add(`seq ${isAscending ? ">=" : "<="} ?::bigint`, from);
    const direction = isAscending ? "ASC" : "DESC";
    const page = `SELECT ${EVENT}, sum(size) OVER (ORDER BY seq ${direction}) - size AS ahead
      FROM $schema.events WHERE conversation = ${KEY}${conditions.sql}
      ORDER BY seq ${direction} LIMIT ${conditions.value(limit)}::bigint`;
    const fitting = maxLength === undefined ? "" : ` WHERE ahead <= ${conditions.value(maxLength)}::bigint`;
    const text = `SELECT ${EVENT} FROM (${page}) page${fitting} ORDER BY seq ${direction}`;
    return (await this.#access.read(text, ...conditions.values)).map(toEvent);
  }

  async count(conversationId: string, filter: EventFilter): Promise<number> {
    const conditions = conditionsOf(conversationId, filter);
    const text =
      conditions.sql === ""
        ? "SELECT event_count AS count FROM $schema.conversations WHERE id = $1"
        : `SELECT count(*) AS count FROM $schema.events WHERE conversation = ${KEY}${conditions.sql}`;
    const [row] = await this.#access.read(text, ...conditions.values);
    return Number(row?.count ?? 0);
  }
}

/** Bounds on times become bounds on places in the log, exact ones, so that nothing else is read. */
function conditionsOf(conversationId: string, filter: EventFilter): Conditions {
  const { kind, source, body, timestampGte, timestampLt } = filter;
  const conditions = new Conditions(toKept(conversationId));
  conditions.add("kind = ?", keptOr(kind));
  conditions.add("source = ?", keptOr(source));
  conditions.add("body IS NOT NULL AND strpos(body, ?) > 0", keptOr(body?.toLowerCase()));
  conditions.add(
    `timestamp >= ?::text AND seq >= (SELECT $schema.first_reaching_1(key, ?) FROM $schema.conversations WHERE id = $1)`,
    keptOr(timestampGte),
  );
  conditions.add(
    `timestamp < ?::text AND seq <= (SELECT greatest(last_late, $schema.first_reaching_1(key, ?) - 1)
      FROM $schema.conversations WHERE id = $1)`,
    keptOr(timestampLt),
  );
  return conditions;
}

function keptOr(text: string | undefined): string | undefined {
  return text === undefined ? undefined : toKept(text);
}

function toEvent(row: Row): StoredEvent {
  return {
    seq: Number(row.seq),
    id: fromKept(String(row.id)),
    kind: fromKept(String(row.kind)),
    source: fromKept(String(row.source)),
    timestamp: fromKept(String(row.timestamp)),
    body: fromKeptOrNull(row.body as string | null),
    json: fromKept(String(row.json)),
  };
}
