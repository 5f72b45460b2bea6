import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPlace, startServer, stopServer, urlOf } from "../postgres-server.ts";

/** Tests that leave their stores open, and several servers of one test, have many of them. */
const CONNECTIONS = 1_000;

/** Starts the Postgres of the suites, unless `AGENT_SERVER_TEST_POSTGRES` names one. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.AGENT_SERVER_TEST_POSTGRES !== undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "agent-server-suites-"));
  await chmod(folder, 0o711);
  const place = await createPlace(folder);
  await startServer(place, { connections: CONNECTIONS });
  process.env.AGENT_SERVER_TEST_POSTGRES = urlOf(place);
  return async () => {
    await stopServer(place, "immediate");
    await rm(folder, { recursive: true, force: true });
  };
}
