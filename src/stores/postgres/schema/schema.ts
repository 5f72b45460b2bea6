import { AgentServerError } from "../../../errors.ts";
import type { Connections } from "../connection/connections.ts";
import { mayPass, toStoreError } from "../connection/failures.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";

/** The migrations of a database: those that were made, and those that are missing. */
export interface SchemaState {
  /** Migrations that were made, oldest first. */
  applied: Pick<Migration, "version" | "name">[];
  /** Migrations that are still to be made, in order. */
  pending: Pick<Migration, "version" | "name">[];
}

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;
/** Attempts to make migrations: another process may make them at the same moment. */
const ATTEMPTS = 3;
/** The oldest major version of Postgres that the store is tested with. Older ones get no corrections any more. */
const OLDEST = 14;

/** The schema in which a store keeps its tables. */
export class Schema {
  readonly name: string;
  /** The name as it stands in statements. */
  readonly quoted: string;
  readonly #connections: Connections;
  #ready: Promise<void> | undefined;

  /** @throws AgentServerError `bad_request` for a name that would need care in statements. */
  constructor(connections: Connections, name: string) {
    if (!NAME.test(name) || name.startsWith("pg_")) {
      throw new AgentServerError(
        "bad_request",
        `schema: expected up to 63 lower-case letters, digits and _, not beginning with pg_ or a digit, got ${JSON.stringify(name)}`,
      );
    }
    this.name = name;
    this.quoted = `"${name}"`;
    this.#connections = connections;
  }

  /**
   * Resolves once the tables are there, as this version needs them. What fails is tried again by the next call.
   *
   * @throws AgentServerError `unavailable`, also for a schema of a newer version.
   */
  ready(): Promise<void> {
    this.#ready ??= this.migrate().then(
      () => undefined,
      (error: unknown) => {
        this.#ready = undefined;
        throw error;
      },
    );
    return this.#ready;
  }

  /** Makes the migrations that are missing. Resolves with what was missing. */
  async migrate(): Promise<SchemaState> {
    const found = await this.state();
    for (let attempt = 1; ; attempt += 1) {
      const { pending } = await this.state();
      if (pending.length === 0) return found;
      const sql = statementOf(MIGRATIONS.slice(-pending.length), this);
      try {
        await this.#connections.migrate(sql);
      } catch (error) {
        if (attempt === ATTEMPTS || !mayPass(error)) throw toStoreError(error, this.#connections.target);
      }
    }
  }

  /**
   * @throws AgentServerError `unavailable` for an old version of Postgres, a database of another encoding, or a schema of
   * a newer version.
   */
  async state(): Promise<SchemaState> {
    const [row] = await this.#connections.read(
      `SELECT current_setting('server_version') AS server, current_setting('server_version_num')::integer AS number,
         current_setting('server_encoding') AS encoding, to_regclass($1) IS NOT NULL AS has_migrations`,
      `${this.quoted}.migrations`,
    );
    if (Number(row?.number) < OLDEST * 10_000) {
      throw this.#refusal(`has the version ${row?.server}: Postgres ${OLDEST} or newer is needed`);
    }
    if (row?.encoding !== "UTF8") {
      throw this.#refusal(`has the encoding ${row?.encoding}: a database with UTF8 is needed`);
    }
    const rows = row.has_migrations
      ? await this.#connections.read(`SELECT version, name FROM ${this.quoted}.migrations ORDER BY version`)
      : [];
    const applied = rows.map(({ version, name }) => ({ version: Number(version), name: String(name) }));
    const known = MIGRATIONS.length;
    const newer = applied.find(({ version }) => version > known);
    if (newer !== undefined) {
      throw this.#refusal(
        `has the schema ${this.name} of a newer agent-server (migration ${newer.version}, "${newer.name}"; this one knows up to ${known})`,
      );
    }
    const pending = MIGRATIONS.slice(applied.length).map(({ version, name }) => ({ version, name }));
    return { applied, pending };
  }

  #refusal(detail: string): AgentServerError {
    return new AgentServerError("unavailable", `Postgres at ${this.#connections.target.display} ${detail}`);
  }
}

/**
 * One message for all migrations, which makes them or none. It holds a lock, and looks again at each: another process
 * may have made it meanwhile. A schema that exists is used as it is, because its owner may not be allowed to make one.
 *
 * It takes as long as it takes: behind a pooler, the session may be one in which other statements are short.
 */
function statementOf(migrations: readonly Migration[], { name, quoted }: Schema): string {
  const steps = migrations.map(({ version, name: title, sql }) => {
    const text = sql.replaceAll("$schema", quoted).replaceAll("$name", name);
    return `IF NOT EXISTS (SELECT FROM ${quoted}.migrations WHERE version = ${version}) THEN
      EXECUTE $step$${text}$step$;
      INSERT INTO ${quoted}.migrations (version, name) VALUES (${version}, '${title}');
    END IF;`;
  });
  return `SET LOCAL statement_timeout = 0; DO $migrate$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('agent-server/${name}/migrations', 0));
    IF to_regnamespace('${quoted}') IS NULL THEN CREATE SCHEMA ${quoted}; END IF;
    CREATE TABLE IF NOT EXISTS ${quoted}.migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    );
    ${steps.join("\n")}
  END $migrate$`;
}
