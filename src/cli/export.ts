import { existsSync } from "node:fs";
import { join } from "node:path";
import { AgentServerError } from "../errors.ts";
import { DATABASE_FILE } from "../server/services.ts";
import { sqliteStore } from "../stores/sqlite.ts";
import { toFixture } from "../testing/fixture/fixture.ts";
import { readConfiguration } from "./read-configuration.ts";

export interface ExportArguments {
  id: string;
  /** Folder of the database. Default: the configured one. */
  data: string | undefined;
}

/** Prints a stored conversation as a fixture. The server that uses the database must be stopped. */
export async function exportFixture({ id, data }: ExportArguments): Promise<void> {
  const { options } = await readConfiguration();
  const path = join(data ?? options.conversationsPath ?? "workspace/conversations", DATABASE_FILE);
  if (!existsSync(path)) throw new AgentServerError("not_found", `no database found at ${path}`);
  const store = sqliteStore({ path });
  try {
    const fixture = await toFixture(store, id);
    if (fixture === undefined) throw new AgentServerError("not_found", `${path} has no conversation ${id}`);
    process.stdout.write(`${JSON.stringify(fixture, null, 2)}\n`);
  } finally {
    await store.close();
  }
}
