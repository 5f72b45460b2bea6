import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostgresPlace } from "./postgres-server.ts";

/** The variable that names the folder of the test run's server, for the processes that run tests. */
export const FOLDER_VARIABLE = "AGENT_SERVER_TEST_POSTGRES_FOLDER";

/** Makes a folder for the server of a test run, which the first test starts that needs it. Ends it after the run. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-postgres-"));
  process.env[FOLDER_VARIABLE] = folder;
  process.env[`${FOLDER_VARIABLE}_PID`] = String(process.pid);
  return async () => {
    const text = await readFile(join(folder, "place.json"), "utf8").catch(() => "");
    if (text !== "") {
      const { stopServer } = await import("./postgres-server.ts");
      await stopServer(JSON.parse(text) as PostgresPlace, "immediate");
    }
    await rm(folder, { recursive: true, force: true });
  };
}
