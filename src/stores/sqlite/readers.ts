import type {
  ConversationFilter,
  ConversationQuery,
  ConversationRecord,
  ConversationStore,
  EventFilter,
  EventQuery,
  EventStore,
  StoredEvent,
} from "../store.ts";
import { countConversations, findConversations, searchConversations } from "./conversations.ts";
import type { Database } from "./database.ts";
import { countEvents, findEvents, searchEvents } from "./events.ts";

/** How readers reach the database. */
export interface Reads {
  read<T>(work: (database: Database) => T): Promise<T>;
  /** Resolves once what was read of these conversations, or under these other keys, or all, is on the disk. */
  readSynced<T>(keys: readonly string[] | "all", work: (database: Database) => T): Promise<T>;
}

/** How parts of the store with writes of their kind reach the database. */
export interface Access extends Reads {
  /** Runs a write in the next transaction. Resolves once it survives. */
  write(key: string, run: () => void): Promise<void>;
  database: Database;
}

/** The conversations of a database. */
export class SqliteConversations implements ConversationStore {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  find(ids: readonly string[], documents: readonly string[]): Promise<ConversationRecord[]> {
    return this.#reads.readSynced(ids, (database) => findConversations(database, ids, documents));
  }

  search(query: ConversationQuery): Promise<ConversationRecord[]> {
    return this.#reads.read((database) => searchConversations(database, query));
  }

  count(filter: ConversationFilter = {}): Promise<number> {
    return this.#reads.read((database) => countConversations(database, filter));
  }
}

/** The logs of a database. */
export class SqliteEvents implements EventStore {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  find(conversationId: string, ids: readonly string[]): Promise<StoredEvent[]> {
    return this.#reads.readSynced([conversationId], (database) => findEvents(database, conversationId, ids));
  }

  search(conversationId: string, query: EventQuery): Promise<StoredEvent[]> {
    return this.#reads.readSynced([conversationId], (database) =>
      searchEvents(database, conversationId, query),
    );
  }

  count(conversationId: string, filter: EventFilter): Promise<number> {
    return this.#reads.readSynced([conversationId], (database) =>
      countEvents(database, conversationId, filter),
    );
  }
}
