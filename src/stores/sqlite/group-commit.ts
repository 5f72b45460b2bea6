import { AgentServerError } from "../../errors.ts";
import { storeClosed } from "../refusals.ts";
import type { Database } from "./database.ts";

/** Carries out a wait for the disk. */
export type WatchSync = (wait: () => Promise<void>) => Promise<void>;

export interface GroupCommitOptions {
  database: Database;
  /** Whether a write waits for the disk. */
  syncs: boolean;
  /** Carries out each wait for the disk, to measure it. */
  watchSync: WatchSync;
  /** Called when a transaction was rolled back that may have changed what is kept in memory of the database. */
  rolledBack(): void;
}

/** A write that waits for the next transaction, and then for the disk. */
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

/**
 * Writes that share transactions and waits for the disk, and reads that show nothing which a power cut could undo. The
 * writes of one turn of the event loop share a transaction. Writes that come while the disk is waited for share the
 * next one: they have to wait for it in any case.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #options: GroupCommitOptions;
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
  #closed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#database = options.database;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Runs a write in the next transaction. Resolves once it survives. */
  readonly write = (key: string, run: () => void): Promise<void> => {
    if (this.#closed) return Promise.reject(storeClosed());
    if (this.#waiting.length === 0 && this.#syncing === undefined) setImmediate(() => this.#flush());
    const write = { key, run, ...Promise.withResolvers<void>() };
    this.#waiting.push(write);
    return write.promise;
  };

  /** As `write`. Resolves to the result of the write. */
  async writeWith<T>(key: string, run: () => T): Promise<T> {
    let result: T | undefined;
    await this.write(key, () => {
      result = run();
    });
    return result as T;
  }

  /**
   * Runs a write at once, which no caller waits for.
   *
   * @throws AgentServerError `unavailable` when the disk fails.
   */
  writeNow<T>(run: () => T): T {
    this.#makeSafe();
    return this.#database.transaction(run);
  }

  readonly read = async <T>(work: (database: Database) => T): Promise<T> => {
    if (this.#closed) throw storeClosed();
    return work(this.#database);
  };

  /** Reads some conversations, and waits until everything read is on the disk. Lists do not wait. */
  readonly readSynced = async <T>(
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

  /** Stores what waits, and closes the database once it is on the disk. */
  async close(): Promise<void> {
    this.#flush();
    this.#closed = true;
    await this.#syncing;
    this.#database.close();
  }

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
    if (this.#options.syncs) {
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
      this.#options.rolledBack();
      return writes.map((write) => this.#storeAlone(write));
    }
  }

  #storeAlone(write: Write): Outcome {
    try {
      this.#database.transaction(write.run);
      return { write };
    } catch (error) {
      this.#options.rolledBack();
      return { write, error };
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
      if (this.#unsafe.size === 0) return await this.#options.watchSync(() => this.#database.sync());
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
