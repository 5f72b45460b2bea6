import type { BashEventStore } from "./bash-events.ts";
import type { DocumentStore } from "./documents.ts";
import { LocalOwnership } from "./local-ownership.ts";
import { localRelay } from "./local-relay.ts";
import type { Outbox } from "./outbox.ts";
import { assertBeginsLog, storeClosed } from "./refusals.ts";
import { SqliteBashEvents } from "./sqlite/bash-event-store.ts";
import { purgeBashEvents } from "./sqlite/bash-events.ts";
import { Database } from "./sqlite/database.ts";
import { SqliteDocuments } from "./sqlite/documents.ts";
import { GroupCommit, type WatchSync } from "./sqlite/group-commit.ts";
import { beginCopy, copyPart, isWhole } from "./sqlite/log/copied-log.ts";
import { type LogEnd, LogEnds } from "./sqlite/log/log-ends.ts";
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

/** The store over a database. `syncs` says whether a commit waits for the disk. */
export class SqliteStore implements Store {
  readonly conversations: ConversationStore;
  readonly events: EventStore;
  readonly bashEvents: BashEventStore;
  readonly documents: DocumentStore;
  readonly outbox: Outbox;
  readonly relay = localRelay();
  /** In memory, because only this process has the database open: the claims of a dead process end with it. */
  readonly ownership: LocalOwnership;
  readonly #database: Database;
  readonly #commits: GroupCommit;
  readonly #ends = new LogEnds();
  /** Keys of the logs that are being copied. */
  readonly #copied = new Set<bigint>();
  readonly #copies = new Set<Promise<void>>();
  #purging = false;

  constructor(database: Database, syncs: boolean, watchSync: WatchSync = (wait) => wait()) {
    this.#database = database;
    this.#commits = new GroupCommit({ database, syncs, watchSync, rolledBack: () => this.#ends.clear() });
    const { read, readSynced, write } = this.#commits;
    const access = { read, readSynced, write, database };
    this.conversations = new SqliteConversations(access);
    this.ownership = new LocalOwnership(this.conversations);
    this.events = new SqliteEvents(access);
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
    await this.#commits.write(conversationId, () => {
      removeConversation(this.#database, conversationId);
      this.#ends.forget(conversationId);
      this.ownership.forget(conversationId);
    });
    this.#purgeLater();
  }

  async close(): Promise<void> {
    if (this.#commits.isClosed) throw storeClosed();
    await Promise.allSettled(this.#copies);
    if (this.#commits.isClosed) throw storeClosed();
    await this.#commits.close();
  }

  #apply(change: Change, copied?: LogEnd): Promise<void> {
    return this.#commits.write(change.conversationId, () => {
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
      let copy = await this.#commits.writeWith(id, () => {
        const begun = beginCopy(this.#database, from);
        keys.push(begun.end.key);
        this.#copied.add(begun.end.key);
        return begun;
      });
      while (!isWhole(copy)) {
        const begun = copy;
        copy = await this.#commits.writeWith(id, () => copyPart(this.#database, begun));
      }
      await this.#apply(change, copy.end);
    } finally {
      for (const key of keys) this.#copied.delete(key);
      this.#purgeLater();
    }
  }

  #purgeLater(): void {
    if (this.#purging) return;
    this.#purging = true;
    setImmediate(() => this.#purge());
  }

  #purge(): void {
    this.#purging = false;
    if (this.#commits.isClosed) return;
    try {
      const more = this.#commits.writeNow(() => this.#purgeSome());
      if (more) this.#purgeLater();
    } catch {
      // Readers do not see these events. The next removal or start deletes them.
    }
  }

  #purgeSome(): boolean {
    const hasEvents = purgeEvents(this.#database, PURGE_STEP, this.#copied);
    return purgeBashEvents(this.#database) || hasEvents;
  }
}
