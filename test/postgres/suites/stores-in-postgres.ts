import { createHash, randomBytes } from "node:crypto";
import { type PostgresStore, postgresStore } from "../../../src/stores/postgres.ts";
import { query } from "../test-postgres.ts";

/** Milliseconds. On a busy machine, nodes are silent for longer than they usually may be; those that die are seen soon. */
const TIMES = { beat: 200, lease: 20_000, awayAfter: 0 };

/** A new store in the Postgres of the suites, for tests that were written for one in memory. */
export function memoryStore(): PostgresStore {
  return storeIn(randomBytes(8).toString("hex"));
}

/** The store of a path in the Postgres of the suites, for tests that were written for a database file. */
export function sqliteStore({ path }: { path: string }): PostgresStore {
  return storeIn(createHash("sha256").update(path).digest("hex").slice(0, 16));
}

function storeIn(name: string): PostgresStore {
  const connectionString = process.env.AGENT_SERVER_TEST_POSTGRES;
  if (connectionString === undefined) throw new Error("AGENT_SERVER_TEST_POSTGRES names no server");
  const schema = `suite_${name}`;
  const store = postgresStore({ connectionString, schema, times: TIMES });
  /** As that of stores within one process, by which tests let a node die. */
  const bury = (node: number) =>
    query({ connectionString, schema }, "UPDATE $schema.nodes SET dead = true WHERE id = $1", [node]);
  Object.assign(store.ownership, { bury });
  return store;
}
