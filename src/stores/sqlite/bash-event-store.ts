import type {
  BashEventQuery,
  BashEventStore,
  BashScope,
  NewBashEvent,
  StoredBashEvent,
  UnfinishedCommand,
} from "../bash-events.ts";
import {
  appendBashEvent,
  clearBashEvents,
  findBashEvents,
  lastBashSeq,
  pruneBashEvents,
  searchBashEvents,
  unfinishedCommands,
} from "./bash-events.ts";
import type { Database } from "./database.ts";
import type { Access } from "./readers.ts";

/** The key under which writes of the server's own events wait for the disk. No conversation has this id. */
const SERVER_KEY = "bash";

export interface BashEventAccess extends Access {
  /** Called when events were hidden and can be deleted. */
  purge(): void;
}

/** The bash events of a database. */
export class SqliteBashEvents implements BashEventStore {
  readonly #access: BashEventAccess;

  constructor(access: BashEventAccess) {
    this.#access = access;
  }

  append(scope: BashScope, event: NewBashEvent): Promise<number> {
    return this.#write(scope, (database) => appendBashEvent(database, scope, event));
  }

  find(scope: BashScope, ids: readonly string[]): Promise<StoredBashEvent[]> {
    return this.#read(scope, (database) => findBashEvents(database, scope, ids));
  }

  search(scope: BashScope, query: BashEventQuery): Promise<StoredBashEvent[]> {
    return this.#read(scope, (database) => searchBashEvents(database, scope, query));
  }

  lastSeq(): Promise<number> {
    return this.#access.read(lastBashSeq);
  }

  unfinished(): Promise<UnfinishedCommand[]> {
    return this.#access.read(unfinishedCommands);
  }

  async clear(scope: BashScope): Promise<number> {
    const count = await this.#write(scope, (database) => clearBashEvents(database, scope));
    this.#access.purge();
    return count;
  }

  prune(olderThan: string): Promise<number> {
    return this.#write(null, (database) => pruneBashEvents(database, olderThan));
  }

  #read<T>(scope: BashScope, work: (database: Database) => T): Promise<T> {
    return this.#access.readSynced([scope ?? SERVER_KEY], work);
  }

  async #write<T>(scope: BashScope, work: (database: Database) => T): Promise<T> {
    let result: { value: T } | undefined;
    await this.#access.write(scope ?? SERVER_KEY, () => {
      result = { value: work(this.#access.database) };
    });
    return (result as { value: T }).value;
  }
}
