import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { StoredBashEvent } from "../bash-events.ts";
import type { ConversationRecord, Store, StoredEvent } from "../store.ts";

/** Conversations that one query asks for. */
const MAX_IDS = 500;
/** Events of a page, and the length of their texts past which it ends, in UTF-16 code units. */
const PAGE_EVENTS = 100;
const PAGE_LENGTH = 1024 * 1024;
/** Pages that are read at the same time. */
const MAX_READS = 4;
/** Milliseconds after which an attempt has failed. */
const MAX_WAIT_MS = 10_000;

/** The part of a store in which logs are read. */
export type ReadStore = Pick<Store, "conversations" | "events"> & {
  /** The bash events of the server. */
  bashEvents: Pick<Store["bashEvents"], "search" | "lastSeq">;
};

type Query = "records" | "events" | "bash";

/** Reads what relays compare frames with, a few queries at a time. Reports when the store fails and when it is back. */
export class LogReader {
  readonly #store: ReadStore;
  readonly #logger: Logger;
  readonly #waiting: (() => void)[] = [];
  #reads = 0;
  /** The queries of which the last one has failed. */
  readonly #failing = new Set<Query>();

  constructor(store: ReadStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** The records that exist, by id. Rejects when the store fails. */
  async records(ids: readonly string[]): Promise<Map<string, ConversationRecord>> {
    const records = new Map<string, ConversationRecord>();
    for (let start = 0; start < ids.length; start += MAX_IDS) {
      const chunk = ids.slice(start, start + MAX_IDS);
      const found = await this.#attempt("records", () => this.#store.conversations.find(chunk, []));
      for (const record of found) records.set(record.id, record);
    }
    return records;
  }

  /** A page of the events from a place on. Rejects when the store fails. */
  async eventsFrom(conversationId: string, from: number): Promise<StoredEvent[]> {
    const query = { order: "asc", from, limit: PAGE_EVENTS, maxLength: PAGE_LENGTH } as const;
    await this.#turn();
    try {
      return await this.#attempt("events", () => this.#store.events.search(conversationId, query));
    } finally {
      this.#reads -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** The `seq` of the newest bash event. Rejects when the store fails. */
  lastBash(): Promise<number> {
    return this.#attempt("bash", () => this.#store.bashEvents.lastSeq());
  }

  /** The bash events of the server behind one and up to another, in pages. Rejects when the store fails. */
  async *bashBetween(afterSeq: number, untilSeq: number): AsyncGenerator<readonly StoredBashEvent[]> {
    const query = { direction: "asc", limit: PAGE_EVENTS, maxLength: PAGE_LENGTH } as const;
    for (let last: StoredBashEvent | undefined; ; ) {
      const from = last && { timestamp: last.timestamp, seq: last.seq + 1 };
      const page = await this.#attempt("bash", () =>
        this.#store.bashEvents.search(null, { ...query, afterSeq, untilSeq, from }),
      );
      if (page.length === 0) return;
      yield page;
      last = page.at(-1);
    }
  }

  async #turn(): Promise<void> {
    while (this.#reads >= MAX_READS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#reads += 1;
  }

  async #attempt<T>(query: Query, read: () => Promise<T>): Promise<T> {
    try {
      const result = await withinTime(read());
      if (this.#failing.delete(query) && this.#failing.size === 0) {
        this.#logger.info({}, "The events of other servers can be read again");
      }
      return result;
    } catch (error) {
      if (this.#failing.size === 0) {
        this.#logger.warn(
          { error: messageOf(error) },
          "The events of other servers cannot be read, and are late",
        );
      }
      this.#failing.add(query);
      throw error;
    }
  }
}

async function withinTime<T>(read: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The store has not answered for ${MAX_WAIT_MS / 1000} s`)),
      MAX_WAIT_MS,
    );
  });
  try {
    return await Promise.race([read, late]);
  } finally {
    clearTimeout(timer);
  }
}
