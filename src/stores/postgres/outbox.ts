import type {
  MessageQuery,
  MessageSpan,
  NewMessage,
  Outbox,
  QueueQuery,
  QueueTotals,
  StoredMessage,
} from "../outbox.ts";
import type { Access } from "./access.ts";
import type { Row } from "./connection/connections.ts";
import { fromKept, toKept } from "./kept-text.ts";
import { messageRows } from "./log/merged-changes.ts";

/** The messages of a database. */
export class PostgresOutbox implements Outbox {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async append(messages: readonly NewMessage[]): Promise<void> {
    const rows = messageRows(messages);
    if (rows === null) return this.#access.connections.assertOpen();
    await this.#access.write({ name: "append_messages_1", values: [rows] });
  }

  /** Goes from each name to the next by the index, and looks at no message. */
  async queues({ after = "", limit }: QueueQuery): Promise<string[]> {
    const next = (name: string) =>
      `(SELECT queue FROM $schema.outbox WHERE queue > ${name} ORDER BY queue LIMIT 1)`;
    const text = `WITH RECURSIVE names (queue) AS (
        ${next("$1")} UNION ALL SELECT ${next("names.queue")} FROM names WHERE names.queue IS NOT NULL
      ) SELECT queue FROM names WHERE queue IS NOT NULL LIMIT $2::bigint`;
    return (await this.#access.read(text, toKept(after), limit)).map(({ queue }) => fromKept(String(queue)));
  }

  async totals(queue: string): Promise<QueueTotals | undefined> {
    const text = `SELECT queue, count(*) AS count, sum(bytes) AS bytes, (array_agg(at ORDER BY seq))[1] AS at
      FROM $schema.outbox WHERE queue = $1 GROUP BY queue`;
    return (await this.#access.read(text, toKept(queue))).map(toTotals)[0];
  }

  async read(
    queue: string,
    { limit, maxLength = Number.MAX_SAFE_INTEGER }: MessageQuery,
  ): Promise<StoredMessage[]> {
    const page = `SELECT seq, queue, at, json, sum(size) OVER (ORDER BY seq) - size AS ahead
      FROM $schema.outbox WHERE queue = $1 ORDER BY seq LIMIT $2::bigint`;
    const text = `SELECT * FROM (${page}) page WHERE ahead <= $3::bigint ORDER BY seq`;
    return (await this.#access.read(text, toKept(queue), limit, maxLength)).map(toMessage);
  }

  async remove(queue: string, { first, last }: MessageSpan): Promise<void> {
    await this.#access.write({ name: "remove_messages_1", values: [toKept(queue), first, last] });
  }
}

function toTotals({ queue, count, bytes, at }: Row): QueueTotals {
  return { queue: fromKept(String(queue)), count: Number(count), bytes: Number(bytes), oldestAt: Number(at) };
}

function toMessage({ seq, queue, at, json }: Row): StoredMessage {
  return { seq: Number(seq), queue: fromKept(String(queue)), at: Number(at), json: fromKept(String(json)) };
}
