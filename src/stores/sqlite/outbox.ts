import {
  assertMessages,
  type MessageQuery,
  type MessageSpan,
  type NewMessage,
  type Outbox,
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

const TOTALS = "SELECT queue, count(*) AS count, sum(bytes) AS bytes, min(at) AS at FROM outbox";

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

  queues(queue?: string): Promise<QueueTotals[]> {
    return this.#access.readSynced("all", (database) =>
      (queue === undefined
        ? database.all(`${TOTALS} GROUP BY queue`)
        : database.all(`${TOTALS} WHERE queue = ? GROUP BY queue`, queue)
      ).map(toTotals),
    );
  }

  read(queue: string, { limit, maxLength }: MessageQuery): Promise<StoredMessage[]> {
    const isFull = longerThan(maxLength);
    return this.#access.readSynced("all", (database) =>
      database
        .allUntil(
          ({ json }) => isFull(String(json).length),
          "SELECT seq, queue, at, json FROM outbox WHERE queue = ? ORDER BY seq LIMIT ?",
          queue,
          limit,
        )
        .map(toMessage),
    );
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

function toTotals({ queue, count, bytes, at }: Row): QueueTotals {
  return { queue: String(queue), count: Number(count), bytes: Number(bytes), oldestAt: Number(at) };
}

function toMessage({ seq, queue, at, json }: Row): StoredMessage {
  return { seq: Number(seq), queue: String(queue), at: Number(at), json: String(json) };
}
