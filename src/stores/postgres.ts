import { Access } from "./postgres/access.ts";
import { PostgresBashEvents } from "./postgres/bash-events.ts";
import { Connections, type PostgresPool } from "./postgres/connection/connections.ts";
import { Writer } from "./postgres/connection/writer.ts";
import { PostgresConversations } from "./postgres/conversations.ts";
import { PostgresDocuments } from "./postgres/documents.ts";
import { PostgresEvents } from "./postgres/events.ts";
import { copyLog } from "./postgres/log/copied-log.ts";
import { LogLanes } from "./postgres/log/log-lanes.ts";
import { Purge } from "./postgres/log/purge.ts";
import { PostgresOutbox } from "./postgres/outbox.ts";
import { type NodeTimes, PostgresOwnership } from "./postgres/ownership.ts";
import { Schema, type SchemaState } from "./postgres/schema/schema.ts";
import { assertBeginsLog } from "./refusals.ts";
import { sharedRelay } from "./relay/shared-relay.ts";
import type { Change, Store } from "./store.ts";

export type { PostgresPool, PostgresQuery } from "./postgres/connection/connections.ts";
export type { NodeTimes } from "./postgres/ownership.ts";
export type { SchemaState } from "./postgres/schema/schema.ts";

/** Location of the tables. */
export type PostgresStoreOptions = {
  /**
   * Name of the schema that has the tables: lower-case letters, digits and `_`. It is made if it is not there. Default:
   * `agent_server`.
   */
  schema?: string;
  /** Times after which servers count as dead, and machines as away. All servers of a database should have the same. */
  times?: Partial<NodeTimes>;
} & (
  | {
      /** URL such as `postgres://user@host:5432/database`. What it leaves out, `PGPASSWORD` for one, is as in `psql`. */
      connectionString: string;
      pool?: never;
    }
  | {
      /**
       * A pool of the package `pg`, which stays open. It should have at least 9 connections: two at a time carry the log,
       * and they should not wait for readers.
       */
      pool: PostgresPool;
      connectionString?: never;
    }
);

/** A store in Postgres. */
export interface PostgresStore extends Store {
  /**
   * Connects, and makes the migrations that are missing. Everything else does so too when it is first called: this is
   * for servers that would rather not start than fail later. Rejects with `unavailable`.
   */
  open(): Promise<void>;
}

/**
 * Makes a store in a database of Postgres 14 or newer, for any number of processes. It needs the package `pg`. It
 * connects when it is first used.
 *
 * A write whose answer is lost is repeated for 30 seconds and made once. After that it rejects with `unavailable`.
 *
 * @throws AgentServerError `bad_request` for an address or a schema that cannot be one.
 *
 * @example
 * ```ts
 * const server = createServer({ store: postgresStore({ connectionString: "postgres://agents@db/agents" }) });
 * ```
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  return new PooledStore(options);
}

/**
 * Makes the migrations that a schema lacks, or only says which. Resolves with what was made before, and what was
 * missing. Rejects with `unavailable`.
 */
export async function migratePostgres(
  options: PostgresStoreOptions,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<SchemaState> {
  const { connections, schema } = placeOf(options);
  try {
    return await (dryRun ? schema.state() : schema.migrate());
  } finally {
    await connections.end();
  }
}

class PooledStore implements PostgresStore {
  readonly conversations: PostgresConversations;
  readonly events: PostgresEvents;
  readonly bashEvents: PostgresBashEvents;
  readonly documents: PostgresDocuments;
  readonly outbox: PostgresOutbox;
  readonly ownership: PostgresOwnership;
  readonly relay = sharedRelay({ store: this });
  readonly #access: Access;
  readonly #log: LogLanes;
  readonly #purge: Purge;
  /** Writes that the log does not wait for. */
  readonly #side: Writer;
  readonly #copies = new Set<Promise<void>>();
  #hasPurged = false;

  constructor(options: PostgresStoreOptions) {
    const { connections, schema } = placeOf(options);
    const parts = { connections, schema: schema.quoted, ready: () => this.#ready() };
    this.#side = new Writer(parts);
    this.#access = new Access({ connections, schema, writer: this.#side });
    this.#log = new LogLanes(() => new Writer(parts));
    this.#purge = new Purge(this.#access);
    this.conversations = new PostgresConversations(this.#access);
    this.events = new PostgresEvents(this.#access);
    this.bashEvents = new PostgresBashEvents(this.#access, () => this.#purge.begin());
    this.documents = new PostgresDocuments(this.#access);
    this.outbox = new PostgresOutbox(this.#access);
    this.ownership = new PostgresOwnership(this.#access, options.times);
  }

  async open(): Promise<void> {
    this.#access.connections.assertOpen();
    await this.#ready();
  }

  async commit(change: Change): Promise<void> {
    this.#access.connections.assertOpen();
    if (change.copied === undefined) return this.#log.commit(change);
    const copy = this.#commitWithCopy(change, change.copied);
    this.#copies.add(copy);
    return copy.finally(() => this.#copies.delete(copy));
  }

  async remove(conversationId: string): Promise<void> {
    this.#access.connections.assertOpen();
    await this.#log.remove(conversationId);
    this.#purge.begin();
  }

  async close(): Promise<void> {
    const { connections } = this.#access;
    connections.assertOpen();
    await Promise.allSettled(this.#copies);
    connections.assertOpen();
    connections.refuse();
    this.ownership.close();
    await Promise.all([this.#log.close(), this.bashEvents.settled(), this.#purge.close()]);
    await this.#side.close();
    await connections.end();
  }

  /** The first to write goes on with what earlier removals have left. */
  async #ready(): Promise<void> {
    await this.#access.schema.ready();
    if (this.#hasPurged) return;
    this.#hasPurged = true;
    this.#purge.begin();
  }

  async #commitWithCopy(change: Change, copied: NonNullable<Change["copied"]>): Promise<void> {
    assertBeginsLog(change);
    try {
      await this.#log.commit(change, await copyLog(this.#access, copied));
    } finally {
      this.#purge.begin();
    }
  }
}

/** @throws AgentServerError `bad_request` */
function placeOf({ connectionString, pool, schema = "agent_server" }: PostgresStoreOptions): {
  connections: Connections;
  schema: Schema;
} {
  const connections = new Connections(pool ?? (connectionString as string));
  return { connections, schema: new Schema(connections, schema) };
}
