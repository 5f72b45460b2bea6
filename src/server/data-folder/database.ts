import { join } from "node:path";
import type { Observers } from "../../observing/observers.ts";
import type { WatchSync } from "../../stores/sqlite/group-commit.ts";
import { sqliteStore } from "../../stores/sqlite.ts";
import type { Store } from "../../stores/store.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** Name of the SQLite database in `conversationsPath`. */
export const DATABASE_FILE = "agent-server.db";

/** Where a server keeps its data. */
export interface Database {
  store: Store;
  /** Absolute paths of its files: the database and those that SQLite keeps next to it. None for a store of the host. */
  files: readonly string[];
}

/** Takes the store of the host, or opens the database in the data folder. */
export function openDatabase({ store, dataFolder }: ResolvedOptions, observers: Observers): Database {
  if (store !== undefined) return { store, files: [] };
  const path = join(dataFolder, DATABASE_FILE);
  const watchSync: WatchSync = (work) => observers.watch("sync", {}, { work, ended: () => ({}) });
  return {
    store: sqliteStore({ path, watchSync }),
    files: ["", "-wal", "-shm", "-journal"].map((end) => path + end),
  };
}
