import { existsSync } from "node:fs";
import { join } from "node:path";
import { absolutePath } from "../../absolute-path.ts";
import { AgentServerError } from "../../errors.ts";
import { DATABASE_FILE } from "../../server/data-folder/database.ts";
import type { PostgresStore } from "../../stores/postgres.ts";
import { sqliteStore } from "../../stores/sqlite.ts";
import type { Store } from "../../stores/store.ts";

/** Flags of a store in Postgres. */
export interface StoreArguments {
  /** URL of the database. */
  url: string;
  /** Schema of the tables. Default: that of `postgresStore`. */
  schema: string | undefined;
}

/** Where a command finds what is stored. */
export interface CommandPlace {
  /** Folder of the conversations, with a database file where there is no store in Postgres. */
  home: string;
  store: StoreArguments | null;
}

/** A store with a name for people. */
export interface CommandStore {
  store: Store;
  name: string;
}

/** Connects to a store in Postgres. Rejects with `unavailable` when it cannot be used. */
export async function openPostgres({ url, schema }: StoreArguments): Promise<PostgresStore> {
  const { postgresStore } = await import("../../stores/postgres.ts");
  const store = postgresStore({ connectionString: url, ...(schema !== undefined && { schema }) });
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Opens what is stored already. Rejects with `not_found` without a database file. */
export async function openExisting(place: CommandPlace): Promise<CommandStore> {
  if (place.store !== null) return { store: await openPostgres(place.store), name: "the store" };
  const path = absolutePath(join(place.home, DATABASE_FILE));
  if (!existsSync(path)) throw new AgentServerError("not_found", `no database found at ${path}`);
  return { store: sqliteStore({ path }), name: path };
}

/** Opens a store, which is made where there is none. */
export async function openOrCreate({ home, store }: CommandPlace): Promise<Store> {
  return store === null ? sqliteStore({ path: join(home, DATABASE_FILE) }) : openPostgres(store);
}
