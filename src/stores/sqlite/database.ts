import { closeSync, fdatasync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { absolutePath } from "../../absolute-path.ts";
import { AgentServerError, messageOf } from "../../errors.ts";
import { MIGRATIONS } from "./schema.ts";

/** Time that opening waits for a server that is just shutting down. The wait blocks the process. */
const OPEN_WAIT_MS = 1_000;
/** Size to which the write-ahead log is cut back after it grew. */
const WAL_KEEP_BYTES = 64 * 1024 * 1024;
const CACHE_KIB = 8 * 1024;
/**
 * Pages of the write-ahead log, 16 MiB, after which they are moved to the database. That waits for the disk on this
 * thread. Four times the default, so that pages written again and again are moved a quarter as often.
 */
const CHECKPOINT_PAGES = 4_000;
const SQLITE_BUSY = 5;
/** Result codes of disk failures: read-only, input/output, corrupt, full, cannot open. */
const DISK_FAILURES: readonly number[] = [8, 10, 11, 13, 14];

export type Row = Record<string, SQLOutputValue>;
/** The values of a row in the order of the query. Cheaper to read than a `Row`. */
export type Columns = SQLOutputValue[];

/**
 * A database file that only this object has open. Each statement is prepared once. Integers are read as bigints. Disk
 * failures become `unavailable`, with SQLite's message.
 */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #columnStatements = new Map<string, StatementSync>();
  readonly #path: string;
  /** A descriptor of the write-ahead log, opened when it is first synced. SQLite takes its locks on the other file. */
  #log: number | undefined;

  /** @throws AgentServerError `unavailable` when the file is in use, foreign or of a newer version. */
  constructor(path: string) {
    this.#path = path;
    this.#database = open(path);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#attempt(sql, (statement) => statement.get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#attempt(sql, (statement) => statement.all(...values));
  }

  /** The rows up to and including the first for which `isLast` is true. The others are not read. */
  allUntil(isLast: (row: Row) => boolean, sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#attempt(sql, (statement) => until(isLast, statement.iterate(...values)));
  }

  /** As `allUntil`. */
  columnsUntil(isLast: (row: Columns) => boolean, sql: string, ...values: SQLInputValue[]): Columns[] {
    const use = (statement: StatementSync) => {
      // The type of `iterate` does not know of this mode.
      const rows: unknown = statement.iterate(...values);
      return until(isLast, rows as Iterable<Columns>);
    };
    return this.#attempt(sql, use, this.#columnStatements);
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#attempt(sql, (statement) => statement.run(...values));
  }

  /** Runs `work` whole or not at all. The result survives the end of this process and, after `sync`, a power cut. */
  transaction<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#database.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /**
   * Resolves when every transaction so far is on the disk. The wait is not on this thread: left to SQLite, every commit
   * would hold up all requests for as long as the disk takes.
   */
  sync(): Promise<void> {
    this.#log ??= openSync(`${this.#path}-wal`, "r+");
    const log = this.#log;
    return new Promise((resolve, reject) =>
      fdatasync(log, (error) => (error === null ? resolve() : reject(error))),
    );
  }

  /**
   * Moves every transaction so far into the database file, syncs that file, and empties the write-ahead log. After a
   * failed `sync` only this makes them safe: the kernel gives up pages that it could not write, so that a second sync
   * of the same file succeeds without them. The wait is on this thread.
   */
  rewrite(): void {
    const outcome = this.get("PRAGMA wal_checkpoint(TRUNCATE)");
    if (Number(outcome?.busy) !== 0) throw databaseFailed(new Error("the write-ahead log is in use"));
  }

  close(): void {
    if (this.#log !== undefined) closeSync(this.#log);
    this.#statements.clear();
    this.#columnStatements.clear();
    this.#database.close();
  }

  #attempt<T>(sql: string, use: (statement: StatementSync) => T, statements = this.#statements): T {
    try {
      return use(this.#prepare(sql, statements));
    } catch (error) {
      if (!DISK_FAILURES.includes(primaryCode(error))) throw error;
      throw databaseFailed(error);
    }
  }

  #prepare(sql: string, statements: Map<string, StatementSync>): StatementSync {
    const prepared = statements.get(sql);
    if (prepared !== undefined) return prepared;
    const statement = this.#database.prepare(sql);
    // As numbers, a damaged integer past 2^53 would fail every statement whose rows have it.
    statement.setReadBigInts(true);
    if (statements === this.#columnStatements) statement.setReturnArrays(true);
    statements.set(sql, statement);
    return statement;
  }
}

function until<R>(isLast: (row: R) => boolean, source: Iterable<R>): R[] {
  const rows: R[] = [];
  for (const row of source) {
    rows.push(row);
    if (isLast(row)) break;
  }
  return rows;
}

/** The error of a write or a read that the disk did not carry out. */
export function databaseFailed(cause: unknown): AgentServerError {
  const detail = `The database of the conversations failed: ${messageOf(cause)}`;
  return new AgentServerError("unavailable", detail, { cause });
}

function open(given: string): DatabaseSync {
  const path = absolutePath(given);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path, { timeout: OPEN_WAIT_MS });
  try {
    claim(database);
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw toOpenError(error, path);
  }
}

/**
 * Takes the file until it is closed or the process dies. In this mode SQLite keeps no shared-memory file,
 * and the kernel gives the lock back whatever becomes of the process. SQLite syncs the log before it moves pages from
 * it to the database, so the file is sound after a power cut too; `sync` is what keeps the last commits.
 */
function claim(database: DatabaseSync): void {
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA journal_size_limit = ${WAL_KEEP_BYTES};
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA cache_size = -${CACHE_KIB};
    PRAGMA trusted_schema = OFF;
    BEGIN IMMEDIATE; COMMIT;
  `);
}

/** The version of a schema, and the one that this program brings it to. */
export interface SchemaVersion {
  found: number;
  newest: number;
}

/**
 * Reads which schema a database has, and changes nothing in it.
 *
 * @throws AgentServerError `unavailable` when the file is in use, foreign or of a newer version.
 */
export function schemaOf(path: string): SchemaVersion {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path, { timeout: OPEN_WAIT_MS });
  try {
    return { found: versionOf(database, path), newest: MIGRATIONS.length };
  } catch (error) {
    throw toOpenError(error, path);
  } finally {
    database.close();
  }
}

/** Returns the version of the schema; 0 for an empty file. Throws for one that is not for this program. */
function versionOf(database: DatabaseSync, path: string): number {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version > MIGRATIONS.length) {
    throw new AgentServerError(
      "unavailable",
      `${path} was written by a newer agent-server (schema ${version}; this one knows up to ${MIGRATIONS.length})`,
    );
  }
  const empty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (version === 0 && !empty) {
    throw new AgentServerError("unavailable", `${path} is a database of another program`);
  }
  return version;
}

function migrate(database: DatabaseSync, path: string): void {
  const version = versionOf(database, path);
  for (const [done, step] of MIGRATIONS.entries()) {
    if (done >= version) database.exec(`BEGIN; ${step}; PRAGMA user_version = ${done + 1}; COMMIT;`);
  }
}

function toOpenError(error: unknown, path: string): unknown {
  if (AgentServerError.is(error)) return error;
  const busy = primaryCode(error) === SQLITE_BUSY;
  const reason = busy ? "is in use by another agent-server" : `cannot be opened: ${messageOf(error)}`;
  return new AgentServerError("unavailable", `${path} ${reason}`, { cause: error });
}

/** SQLite's result code without what it adds in the upper bits; 0 for any other error. */
function primaryCode(error: unknown): number {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
}

/** Node 22 warns of `node:sqlite` when it is loaded; that one warning is kept from the user's console. */
function loadSqlite(): typeof import("node:sqlite") {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes("SQLite")) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
