import { setTimeout } from "node:timers/promises";
import { AgentServerError, messageOf } from "../../../errors.ts";
import { storeClosed } from "../../refusals.ts";
import { mayPass, toStoreError } from "./failures.ts";
import { POOL_TARGET, parseTarget, type Target } from "./target.ts";

/** The part of a pool of the package `pg` that a store uses. */
export interface PostgresPool {
  /** Runs one statement on any connection. The result is the store's, which takes its rows out. */
  query(query: PostgresQuery): Promise<{ rows: Row[] }>;
}

/** A statement with the values of its placeholders. */
export interface PostgresQuery {
  /** The statement, with placeholders from $1 on. */
  text: string;
  /** The values of the placeholders. */
  values?: unknown[];
  /** Milliseconds after which the connection is given up. */
  query_timeout?: number;
}

/** A row by the names of its columns. */
export type Row = Record<string, unknown>;

/** Connections for the lanes of the log and for all other writes, none of which waits for another. */
const WRITERS = 3;
/** Connections for beats and claims of nodes, which wait for no other statement. */
const CLAIMERS = 2;
const READERS = 4;
/** Milliseconds. */
const CONNECT_WAIT = 10_000;
const IDLE_WAIT = 60_000;
/** Milliseconds that an answer takes at most, and more for each MiB that is sent. */
const ANSWER_WAIT = 6_000;
const ANSWER_WAIT_PER_MIB = 1_000;
const READ_WAIT = 30_000;
const MIGRATION_WAIT = 60 * 60 * 1_000;
/**
 * For a session: no statement of ours is in a transaction of several, and none takes long. A pooler in between, such as
 * PgBouncer, names another process than the one that answers: its sessions are others' as well, and stay as they are.
 */
const SET_UP = `SELECT set_config('statement_timeout', '30s', false),
    set_config('idle_in_transaction_session_timeout', '2s', false)
  WHERE pg_backend_pid() = $1`;

/** A new connection of the package `pg`. */
interface Session {
  /** The process at the other end, as it was named when the session began. */
  readonly processID?: number | null;
  query(text: string, values: unknown[]): Promise<unknown>;
}

interface Pools {
  writers: PostgresPool;
  claimers: PostgresPool;
  readers: PostgresPool;
  migrations: PostgresPool;
  end(): Promise<void>;
}

/** The connections of one store to its database. They are made when they are first needed. */
export class Connections {
  readonly target: Target;
  readonly #open: () => Promise<Pools>;
  #pools: Promise<Pools> | undefined;
  #closed = false;

  /** @throws AgentServerError `bad_request` for an address that is not one of Postgres. */
  constructor(place: string | PostgresPool) {
    this.target = typeof place === "string" ? parseTarget(place) : POOL_TARGET;
    this.#open = typeof place === "string" ? () => openPools(place) : async () => given(place);
  }

  /**
   * Runs a statement that changes nothing. A connection that was cut is replaced once.
   *
   * @throws AgentServerError `unavailable`
   */
  async read(text: string, ...values: unknown[]): Promise<Row[]> {
    const query = { text, values, query_timeout: READ_WAIT };
    try {
      const { readers } = await this.#get();
      const result = await readers.query(query).catch((error: unknown) => {
        if (!mayPass(error)) throw error;
        return readers.query(query);
      });
      return takeRows(result);
    } catch (error) {
      throw toStoreError(error, this.target);
    }
  }

  /** Runs a statement once. Rejects with the error as it came: its writer knows what may be repeated. */
  async write(text: string, values: unknown[]): Promise<Row[]> {
    const { writers } = await this.#get();
    const size = values.reduce<number>(
      (sum, value) => sum + (typeof value === "string" ? value.length : 0),
      0,
    );
    const wait = ANSWER_WAIT + ANSWER_WAIT_PER_MIB * (size / 2 ** 20);
    return takeRows(await writers.query({ text, values, query_timeout: wait }));
  }

  /** Runs a statement about nodes once, as `write`. Gives it up after some milliseconds. */
  async claim(text: string, values: unknown[], wait = ANSWER_WAIT): Promise<Row[]> {
    const { claimers } = await this.#get();
    return takeRows(await claimers.query({ text, values, query_timeout: wait }));
  }

  /** Runs statements of a migration, which may take long. */
  async migrate(text: string): Promise<void> {
    const { migrations } = await this.#get();
    await migrations.query({ text, query_timeout: MIGRATION_WAIT });
  }

  /** @throws AgentServerError `unavailable` once the store is closed. */
  assertOpen(): void {
    if (this.#closed) throw storeClosed();
  }

  /** Refuses whatever comes now. */
  refuse(): void {
    this.#closed = true;
  }

  /** Ends the connections, for which it waits a moment. A given pool stays open. */
  async end(): Promise<void> {
    const pools = await this.#pools?.catch(() => undefined);
    const waiting = new AbortController();
    const wait = setTimeout(CONNECT_WAIT, undefined, { signal: waiting.signal, ref: false }).catch(() => {});
    await Promise.race([pools?.end(), wait]);
    waiting.abort();
  }

  #get(): Promise<Pools> {
    this.#pools ??= this.#open().catch((error: unknown) => {
      this.#pools = undefined;
      throw error;
    });
    return this.#pools;
  }
}

/**
 * Takes the rows out of a result. The timer of `query_timeout` keeps the query, and the result with it, until the next
 * whole collection of garbage: each smaller one would copy every page that was read, and take 20 ms in place of 3.
 */
function takeRows(result: { rows: Row[] }): Row[] {
  const { rows } = result;
  result.rows = [];
  return rows;
}

/** The sessions of a given pool are as its owner wants them. */
function given(pool: PostgresPool): Pools {
  return { writers: pool, claimers: pool, readers: pool, migrations: pool, end: async () => {} };
}

async function openPools(connectionString: string): Promise<Pools> {
  const { Pool } = await loadPackage();
  const open = (max: number, { setUp }: { setUp: boolean }) => {
    const pool = new Pool({
      connectionString,
      max,
      connectionTimeoutMillis: CONNECT_WAIT,
      idleTimeoutMillis: IDLE_WAIT,
      allowExitOnIdle: true,
      keepAlive: true,
      application_name: "agent-server",
      ...(setUp && {
        onConnect: async (client: Session) => {
          await client.query(SET_UP, [client.processID]);
        },
      }),
    });
    // A connection that is cut while it is idle leaves the pool. The next statement makes another.
    pool.on("error", () => {});
    return pool;
  };
  const pools = {
    writers: open(WRITERS, { setUp: true }),
    claimers: open(CLAIMERS, { setUp: true }),
    readers: open(READERS, { setUp: true }),
    migrations: open(1, { setUp: false }),
  };
  return {
    ...pools,
    end: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
    },
  };
}

async function loadPackage(): Promise<Pick<typeof import("pg"), "Pool">> {
  try {
    const { default: pg } = await import("pg");
    return pg;
  } catch (error) {
    throw new AgentServerError(
      "unavailable",
      `postgresStore needs the package pg: npm install pg (${messageOf(error)})`,
    );
  }
}
