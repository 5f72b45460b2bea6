import { AgentServerError } from "../errors.ts";
import type { BashEventStore } from "./bash-events.ts";
import type { DocumentStore } from "./documents.ts";
import { LocalOwnership } from "./local-ownership.ts";
import { localRelay } from "./local-relay.ts";
import type { Outbox } from "./outbox.ts";
import { assertBeginsLog, storeClosed } from "./refusals.ts";
import { SqliteBashEvents } from "./sqlite/bash-event-store.ts";
import { purgeBashEvents } from "./sqlite/bash-events.ts";
import { beginCopy, copyPart, isWhole } from "./sqlite/copied-log.ts";
import { Database } from "./sqlite/database.ts";
import { SqliteDocuments } from "./sqlite/documents.ts";
import { type LogEnd, LogEnds } from "./sqlite/log-ends.ts";
import { SqliteOutbox } from "./sqlite/outbox.ts";
import { SqliteConversations, SqliteEvents } from "./sqlite/readers.ts";
import { applyChange, purgeEvents, removeConversation } from "./sqlite/writes.ts";
import type { Change, ConversationStore, CopiedEvents, EventStore, Store } from "./store.ts";

/** Events deleted in one turn. It takes a few milliseconds, so that removing a long log does not block requests. */
const PURGE_STEP = 500;

/** Location of the database and durability of commits. */
export interface SqliteStoreOptions {
  /** The database file. It and its folder are created, readable by this user only. */
  path: string;
  /**
   * What a resolved commit survives. `disk`: a power cut. A commit waits, off the main thread, until the disk has it,
   * and commits made meanwhile share the next wait. `process`: any end of this process, `kill -9` included. A power cut
   * or a crash of the kernel may then undo the last seconds, and leaves the database sound. Default: `disk`.
   */
  durability?: "disk" | "process";
  /** Carries out each wait for the disk, to measure it. Settles as the wait. Default: nothing is measured. */
  watchSync?: WatchSync;
}

/** Carries out a wait for the disk. */
export type WatchSync = (wait: () => Promise<void>) => Promise<void>;

/**
 * Opens a store in one SQLite file, which no other store may have open.
 *
 * @throws AgentServerError `unavailable` when the file is in use, belongs to another program or to a newer version.
 *
 * @example
 * ```ts
 * const server = createServer({ store: sqliteStore({ path: "data/conversations.db" }) });
 * ```
 */
export function sqliteStore({ path, durability = "disk", watchSync }: SqliteStoreOptions): Store {
  return new SqliteStore(new Database(path), durability === "disk", watchSync);
}

/** A change that waits for the next transaction, and then for the disk. */
interface Write extends PromiseWithResolvers<void> {
  /** The conversation, or what belongs to none. Reads of the same wait for the disk. */
  key: string;
  run(): void;
}

/** A write that is in the database, or the reason why it is not. */
interface Outcome {
  write: Write;
  error?: unknown;
}

/** The store over a database. `syncs` says whether a commit waits for the disk. */
export class SqliteStore implements Store {
  readonly conversations: ConversationStore;
  readonly events: EventStore;
  readonly bashEvents: BashEventStore;
  readonly documents: DocumentStore;
  readonly outbox: Outbox;
  readonly #database: Database;
  readonly #syncs: boolean;
  readonly #watchSync: WatchSync;
  readonly relay = localRelay();
  /** In memory, because only this process has the database open: the claims of a dead process end with it. */
  readonly ownership: LocalOwnership;
  readonly #ends = new LogEnds();
  #waiting: Write[] = [];
  /** Writes that are in the database and may not be on the disk yet. */
  #unsynced: Outcome[] = [];
  /** Writes that the current wait for the disk is for. */
  #beingSynced: Outcome[] = [];
  #syncing: Promise<void> | undefined;
  /**
   * Keys whose last writes were refused after a failed sync: they are in the database and may not survive.
   * While there are any, nothing is written and these are not read, until a rewrite has made them safe.
   */
  readonly #unsafe = new Set<string>();
  /** Keys of the logs that are being copied. */
  readonly #copied = new Set<bigint>();
  readonly #copies = new Set<Promise<void>>();
  #purging = false;
  #closed = false;

  constructor(database: Database, syncs: boolean, watchSync: WatchSync = (wait) => wait()) {
    this.#database = database;
    this.#syncs = syncs;
    this.#watchSync = watchSync;
    const reads = { read: this.#read, readSynced: this.#readSynced };
    this.conversations = new SqliteConversations(reads);
    this.ownership = new LocalOwnership(this.conversations);
    this.events = new SqliteEvents(reads);
    const access = { ...reads, database, write: this.#write };
    this.bashEvents = new SqliteBashEvents({ ...access, purge: () => this.#purgeLater() });
    this.documents = new SqliteDocuments(access);
    this.outbox = new SqliteOutbox(access);
    this.#purgeLater();
  }

  commit(change: Change): Promise<void> {
    if (change.copied === undefined) return this.#apply(change);
    const copy = this.#applyWithCopy(change, change.copied);
    this.#copies.add(copy);
    return copy.finally(() => this.#copies.delete(copy));
  }

  async remove(conversationId: string): Promise<void> {
    await this.#write(conversationId, () => {
      removeConversation(this.#database, conversationId);
      this.#ends.forget(conversationId);
      this.ownership.forget(conversationId);
    });
    this.#purgeLater();
  }

  async close(): Promise<void> {
    if (this.#closed) throw storeClosed();
    await Promise.allSettled(this.#copies);
    if (this.#closed) throw storeClosed();
    this.#flush();
    this.#closed = true;
    await this.#syncing;
    this.#database.close();
  }

  #apply(change: Change, copied?: LogEnd): Promise<void> {
    return this.#write(change.conversationId, () => {
      this.ownership.assertHeld(change);
      applyChange(this.#database, change, { ends: this.#ends, copied });
    });
  }

  /**
   * The events are copied in small writes, under a key of no conversation; the last write makes it the key of the new
   * one.
   */
  async #applyWithCopy(change: Change, from: CopiedEvents): Promise<void> {
    assertBeginsLog(change);
    const { conversationId: id } = change;
    const keys: bigint[] = [];
    try {
      let copy = await this.#writeWith(id, () => {
        const begun = beginCopy(this.#database, from);
        keys.push(begun.end.key);
        this.#copied.add(begun.end.key);
        return begun;
      });
      while (!isWhole(copy)) {
        const begun = copy;
        copy = await this.#writeWith(id, () => copyPart(this.#database, begun));
      }
      await this.#apply(change, copy.end);
    } finally {
      for (const key of keys) this.#copied.delete(key);
      this.#purgeLater();
    }
  }

  async #writeWith<T>(key: string, run: () => T): Promise<T> {
    let result: T | undefined;
    await this.#write(key, () => {
      result = run();
    });
    return result as T;
  }

  readonly #read = async <T>(work: (database: Database) => T): Promise<T> => {
    if (this.#closed) throw storeClosed();
    return work(this.#database);
  };

  /** Reads some conversations, and waits until everything read is on the disk. Lists do not wait. */
  readonly #readSynced = async <T>(
    keys: readonly string[] | "all",
    work: (database: Database) => T,
  ): Promise<T> => {
    if (this.#closed) throw storeClosed();
    const result = work(this.#database);
    const isRead = (key: string) => keys === "all" || keys.includes(key);
    const shown = [...this.#beingSynced, ...this.#unsynced].filter(({ write }) => isRead(write.key));
    await Promise.allSettled(shown.map(({ write }) => write.promise));
    if ([...this.#unsafe].some(isRead)) this.#makeSafe();
    return result;
  };

  /**
   * Group commit: the writes of one turn of the event loop share a transaction. Writes that come while the disk is
   * waited for share the next one: they have to wait for it in any case.
   */
  readonly #write = (key: string, run: () => void): Promise<void> => {
    if (this.#closed) return Promise.reject(storeClosed());
    if (this.#waiting.length === 0 && this.#syncing === undefined) setImmediate(() => this.#flush());
    const write = { key, run, ...Promise.withResolvers<void>() };
    this.#waiting.push(write);
    return write.promise;
  };

  #flush(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    if (writes.length === 0) return;
    try {
      this.#makeSafe();
    } catch (error) {
      for (const { reject } of writes) reject(error);
      return;
    }
    const outcomes = this.#store(writes);
    if (this.#syncs) {
      this.#unsynced.push(...outcomes);
      this.#syncing ??= this.#sync();
    } else {
      for (const outcome of outcomes) settle(outcome);
    }
  }

  #store(writes: readonly Write[]): Outcome[] {
    try {
      return this.#database.transaction(() => writes.map(attempt));
    } catch {
      // SQLite failed and rolled the whole transaction back: repeat each write in a separate one.
      this.#ends.clear();
      return writes.map((write) => this.#storeAlone(write));
    }
  }

  /** Waits for the disk, one wait at a time, each for everything stored before it. */
  async #sync(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const outcomes = this.#unsynced;
      this.#unsynced = [];
      this.#beingSynced = outcomes;
      try {
        await this.#syncOrRewrite(outcomes);
        for (const outcome of outcomes) settle(outcome);
      } catch (error) {
        for (const { write } of outcomes) write.reject(error);
      }
    }
    this.#beingSynced = [];
    this.#syncing = undefined;
    // A turn later, so that what the settled writes lead to at once is part of it.
    if (this.#waiting.length > 0) setImmediate(() => this.#flush());
  }

  /** Rejects when the writes are not safe. Later writes that were stored meanwhile are not safe then either. */
  async #syncOrRewrite(outcomes: readonly Outcome[]): Promise<void> {
    try {
      if (this.#unsafe.size === 0) return await this.#watchSync(() => this.#database.sync());
    } catch {
      // The rewrite is the second attempt.
    }
    for (const { write } of [...outcomes, ...this.#unsynced]) this.#unsafe.add(write.key);
    this.#makeSafe();
  }

  /** @throws AgentServerError `unavailable` when the disk still fails. */
  #makeSafe(): void {
    if (this.#unsafe.size === 0) return;
    this.#database.rewrite();
    this.#unsafe.clear();
  }

  #purgeLater(): void {
    if (this.#purging) return;
    this.#purging = true;
    setImmediate(() => this.#purge());
  }

  #purge(): void {
    this.#purging = false;
    if (this.#closed) return;
    try {
      this.#makeSafe();
      const more = this.#database.transaction(() => this.#purgeSome());
      if (more) this.#purgeLater();
    } catch {
      // Readers do not see these events. The next removal or start deletes them.
    }
  }

  #purgeSome(): boolean {
    const hasEvents = purgeEvents(this.#database, PURGE_STEP, this.#copied);
    return purgeBashEvents(this.#database) || hasEvents;
  }

  #storeAlone(write: Write): Outcome {
    try {
      this.#database.transaction(write.run);
      return { write };
    } catch (error) {
      this.#ends.clear();
      return { write, error };
    }
  }
}

/** Runs a write. A refusal has written nothing, so the other writes of its transaction can stay. */
function attempt(write: Write): Outcome {
  try {
    write.run();
    return { write };
  } catch (error) {
    if (AgentServerError.is(error)) return { write, error };
    throw error;
  }
}

function settle({ write, error }: Outcome): void {
  if (error === undefined) write.resolve();
  else write.reject(error);
}
