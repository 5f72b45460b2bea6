import {
  assertMessages,
  type MessageQuery,
  type MessageSpan,
  type NewMessage,
  type Outbox,
  type QueueQuery,
  type QueueTotals,
  type StoredMessage,
} from "../outbox.ts";
import { longerThan } from "../page-length.ts";
import type { Database, Row } from "./database.ts";
import type { Access } from "./readers.ts";

/**
 * The key under which messages wait for the disk that are stored with no conversation. No conversation has this id. The
 * others wait under the keys of theirs, so that reads wait for all.
 */
const KEY = "outbox";

/** Goes from each name to the next by the index, and looks at no message. */
const NAMES = `WITH RECURSIVE names (queue) AS (
    SELECT min(queue) FROM outbox WHERE queue > ?
    UNION ALL
    SELECT (SELECT min(queue) FROM outbox WHERE queue > names.queue) FROM names WHERE names.queue IS NOT NULL
  ) SELECT queue FROM names WHERE queue IS NOT NULL LIMIT ?`;
const TOTALS =
  "SELECT queue, count(*) AS count, sum(bytes) AS bytes, min(at) AS at FROM outbox WHERE queue = ? GROUP BY queue";

/** The messages of a database. */
export class SqliteOutbox implements Outbox {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async append(messages: readonly NewMessage[]): Promise<void> {
    assertMessages(messages);
    await this.#access.write(KEY, () => insertMessages(this.#access.database, messages));
  }

  queues(query: QueueQuery): Promise<string[]> {
    return this.#access.readSynced("all", (database) => listQueues(database, query));
  }

  totals(queue: string): Promise<QueueTotals | undefined> {
    return this.#access.readSynced("all", (database) => totalsOf(database, queue));
  }

  read(queue: string, query: MessageQuery): Promise<StoredMessage[]> {
    return this.#access.readSynced("all", (database) => readMessages(database, queue, query));
  }

  async remove(queue: string, { first, last }: MessageSpan): Promise<void> {
    await this.#access.write(KEY, () =>
      this.#access.database.run(
        "DELETE FROM outbox WHERE queue = ? AND seq BETWEEN ? AND ?",
        queue,
        first,
        last,
      ),
    );
  }
}

/** Adds messages inside the transaction that is open. */
export function insertMessages(database: Database, messages: readonly NewMessage[]): void {
  for (const { queue, json, at } of messages) {
    database.run(
      "INSERT INTO outbox (queue, at, bytes, json) VALUES (?, ?, ?, ?)",
      queue,
      Math.trunc(at),
      Buffer.byteLength(json),
      json,
    );
  }
}

export function listQueues(database: Database, { after = "", limit }: QueueQuery): string[] {
  return database.all(NAMES, after, limit).map(({ queue }) => String(queue));
}

export function totalsOf(database: Database, queue: string): QueueTotals | undefined {
  return database.all(TOTALS, queue).map(toTotals)[0];
}

export function readMessages(
  database: Database,
  queue: string,
  { limit, maxLength }: MessageQuery,
): StoredMessage[] {
  const isFull = longerThan(maxLength);
  const sql = "SELECT seq, queue, at, json FROM outbox WHERE queue = ? ORDER BY seq LIMIT ?";
  return database.allUntil(({ json }) => isFull(String(json).length), sql, queue, limit).map(toMessage);
}

function toTotals({ queue, count, bytes, at }: Row): QueueTotals {
  return { queue: String(queue), count: Number(count), bytes: Number(bytes), oldestAt: Number(at) };
}

function toMessage({ seq, queue, at, json }: Row): StoredMessage {
  return { seq: Number(seq), queue: String(queue), at: Number(at), json: String(json) };
}
