import type {
  BashEventFilter,
  BashEventQuery,
  BashEventStore,
  BashScope,
  NewBashEvent,
  StoredBashEvent,
  UnfinishedCommand,
} from "../bash-events.ts";
import { repeatedBashEvent, unknownConversation } from "../refusals.ts";
import { type Access, Conditions } from "./access.ts";
import type { Row } from "./connection/connections.ts";
import { fromKept, fromKeptOrNull, toKept, toKeptOrNull } from "./kept-text.ts";

const EVENT = "seq, id, kind, timestamp, command, place, ended, json";
/** The key of a scope. The server has the place 0 among the conversations. */
const SCOPE = `(SELECT key FROM $schema.bash_scopes WHERE conversation = CASE WHEN $1::text IS NULL THEN 0
  ELSE (SELECT key FROM $schema.conversations WHERE id = $1) END)`;
/** Events deleted in one statement, and the length of their texts. */
const DELETE_STEP = { rows: 500, length: 4 * 1024 * 1024 };

interface Waiting extends PromiseWithResolvers<number> {
  scope: BashScope;
  event: NewBashEvent;
}

type Outcome = { seq: number } | { reason: "unknown" | "repeated" };

/** The bash events of a database. What is appended while a statement is out shares the next one. */
export class PostgresBashEvents implements BashEventStore {
  readonly #access: Access;
  /** Called when events were hidden and can be deleted. */
  readonly #purge: () => void;
  #waiting: Waiting[] = [];
  #appending: Promise<void> | undefined;

  constructor(access: Access, purge: () => void) {
    this.#access = access;
    this.#purge = purge;
  }

  async append(scope: BashScope, event: NewBashEvent): Promise<number> {
    this.#access.connections.assertOpen();
    const waiting = { scope, event, ...Promise.withResolvers<number>() };
    this.#waiting.push(waiting);
    this.#appending ??= this.#appendAll();
    return waiting.promise;
  }

  async find(scope: BashScope, ids: readonly string[]): Promise<StoredBashEvent[]> {
    const text = `SELECT ${EVENT} FROM $schema.bash_events WHERE scope = ${SCOPE} AND id = ANY ($2)`;
    return (await this.#access.read(text, toKeptOrNull(scope), ids.map(toKept))).map(toStored);
  }

  async search(scope: BashScope, query: BashEventQuery): Promise<StoredBashEvent[]> {
    const { direction, from, limit, maxLength = Number.MAX_SAFE_INTEGER } = query;
    const isAscending = direction === "asc";
    const conditions = conditionsOf(scope, query);
    if (from !== undefined) {
      const place = conditions.value(toKept(from.timestamp));
      conditions.add(`(timestamp, seq) ${isAscending ? ">=" : "<="} (${place}, ?::bigint)`, from.seq);
    }
    const order = isAscending ? "timestamp, seq" : "timestamp DESC, seq DESC";
    const page = `SELECT ${EVENT}, sum(size) OVER (ORDER BY ${order}) - size AS ahead
      FROM $schema.bash_events WHERE scope = ${SCOPE}${conditions.sql}
      ORDER BY ${order} LIMIT ${conditions.value(limit)}::bigint`;
    const text = `SELECT * FROM (${page}) page WHERE ahead <= ${conditions.value(maxLength)}::bigint ORDER BY ${order}`;
    return (await this.#access.read(text, ...conditions.values)).map(toStored);
  }

  async lastSeq(): Promise<number> {
    const [row] = await this.#access.read("SELECT max(seq) AS seq FROM $schema.bash_events");
    return Number(row?.seq ?? -1);
  }

  /** Commands of scopes that were cleared or removed are not looked for any more. */
  async unfinished(): Promise<UnfinishedCommand[]> {
    const rows = await this.#access.read(
      `SELECT ${EVENT}, conversation = 0 AS of_server, (
         SELECT c.id FROM $schema.conversations c WHERE c.key = conversation
       ) AS conversation_id
       FROM $schema.bash_events JOIN $schema.bash_scopes ON key = scope
       WHERE command IS NULL AND NOT ended ORDER BY seq`,
    );
    return rows
      .filter(({ of_server, conversation_id }) => of_server === true || conversation_id !== null)
      .map((row) => ({ scope: fromKeptOrNull(row.conversation_id as string | null), event: toStored(row) }));
  }

  async clear(scope: BashScope): Promise<number> {
    const call = { name: "clear_bash_events_1", values: [toKeptOrNull(scope)] };
    const { count } = await this.#access.write<{ count: number }>(call);
    this.#purge();
    return count;
  }

  async prune(olderThan: string): Promise<number> {
    const values = [toKept(olderThan), DELETE_STEP.rows, DELETE_STEP.length];
    return (await this.#access.write<{ count: number }>({ name: "prune_bash_events_1", values })).count;
  }

  /** Waits until nothing waits. */
  async settled(): Promise<void> {
    await this.#appending;
  }

  async #appendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise(setImmediate);
      await this.#appendSome(this.#nextEvents());
    }
    this.#appending = undefined;
  }

  #nextEvents(): Waiting[] {
    let size = 0;
    const end = this.#waiting.findIndex(({ event }, index) => {
      size += event.json.length;
      return index === DELETE_STEP.rows || (index > 0 && size > DELETE_STEP.length);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #appendSome(events: readonly Waiting[]): Promise<void> {
    try {
      const rows = JSON.stringify(events.map(toRow));
      const call = { name: "append_bash_events_1", values: [rows] };
      const outcomes = await this.#access.finish<Outcome[]>(call);
      for (const [index, waiting] of events.entries()) settle(waiting, outcomes[index] as Outcome);
    } catch (error) {
      for (const { reject } of events) reject(error);
    }
  }
}

function settle({ scope, event, resolve, reject }: Waiting, outcome: Outcome): void {
  if ("seq" in outcome) resolve(outcome.seq);
  else if (outcome.reason === "unknown") reject(unknownConversation(String(scope)));
  else reject(repeatedBashEvent(event.id));
}

function conditionsOf(scope: BashScope, filter: BashEventFilter): Conditions {
  const { kind, commandId, timestampGte, timestampLt, orderGt, untilSeq, afterSeq } = filter;
  const conditions = new Conditions(toKeptOrNull(scope));
  const kept = (text: string | undefined) => (text === undefined ? undefined : toKept(text));
  conditions.add("kind = ?", kept(kind));
  conditions.add("command = ?", kept(commandId));
  conditions.add("timestamp >= ?", kept(timestampGte));
  conditions.add("timestamp < ?", kept(timestampLt));
  conditions.add("(place IS NULL OR place > ?::bigint)", orderGt);
  conditions.add("seq <= ?::bigint", untilSeq);
  conditions.add("seq > ?::bigint", afterSeq);
  return conditions;
}

function toRow({ scope, event }: Waiting): object {
  const { id, kind, timestamp, commandId, order, isFinal, json } = event;
  return {
    conversation: toKeptOrNull(scope),
    id: toKept(id),
    kind: toKept(kind),
    timestamp: toKept(timestamp),
    command: toKeptOrNull(commandId),
    place: order,
    ended: isFinal,
    size: json.length,
    json: toKept(json),
  };
}

function toStored({ seq, place, ended, ...row }: Row): StoredBashEvent {
  const commandId = fromKeptOrNull(row.command as string | null);
  return {
    seq: Number(seq),
    id: fromKept(String(row.id)),
    kind: fromKept(String(row.kind)),
    timestamp: fromKept(String(row.timestamp)),
    commandId,
    order: place === null ? null : Number(place),
    isFinal: commandId !== null && ended === true,
    json: fromKept(String(row.json)),
  };
}
