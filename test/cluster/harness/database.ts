import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { createPlace, startServer, stopServer, urlOf } from "../../postgres/postgres-server.ts";

/** A Postgres of its own, which a test may bring down. */
export interface Database {
  port: number;
  /** Its address by another port, such as that of a link. */
  urlAt(port: number): string;
  /** Ends it at once, as a crash does: what was acknowledged is recovered at the next start. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Asks it, by a connection of its own. */
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** Starts a database on loopback with a folder of its own. A durable one waits for the disk. */
export async function openDatabase({ isDurable = false } = {}): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-database-"));
  const place = await createPlace(folder, { isDurable });
  await startServer(place);
  return {
    port: place.port,
    urlAt: (port) => urlOf({ ...place, port }),
    crash: () => stopServer(place, "immediate"),
    start: () => startServer(place),
    query: async <Row>(text: string, values?: unknown[]) => {
      const client = new pg.Client({ connectionString: urlOf(place) });
      await client.connect();
      try {
        return (await client.query(text, values)).rows as Row[];
      } finally {
        await client.end();
      }
    },
    close: async () => {
      await stopServer(place, "immediate");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
