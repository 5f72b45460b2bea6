import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import {
  createPlace,
  type PostgresPlace,
  startServer,
  stopServer,
  urlOf,
} from "../postgres/postgres-server.ts";
import { bytesIn } from "./disk.ts";

export const STORES = ["sqlite", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** Where the server of a soak keeps its conversations. */
export interface SoakStore {
  /** URL of the database. undefined: a file in the server's folder. */
  url: string | undefined;
  place: PostgresPlace | undefined;
  /** What is stored takes so much. undefined while that cannot be asked. */
  bytes(): Promise<number | undefined>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `disk` is the folder that the server works in. */
export async function openStore(name: StoreName, disk: string): Promise<SoakStore> {
  if (name === "sqlite") {
    return {
      url: undefined,
      place: undefined,
      bytes: async () => bytesIn(disk, ["ballast"]),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  // A folder of its own, which the user of the database may enter.
  const folder = await mkdtemp(join(tmpdir(), "agent-server-soak-postgres-"));
  const place = await createPlace(folder);
  await startServer(place);
  return {
    url: urlOf(place),
    place,
    bytes: () => databaseBytes(urlOf(place)).catch(() => undefined),
    [Symbol.asyncDispose]: async () => {
      await stopServer(place, "fast");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function databaseBytes(connectionString: string): Promise<number> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ bytes: string }>(
      "SELECT pg_database_size(current_database()) AS bytes",
    );
    return Number(rows[0]?.bytes);
  } finally {
    await client.end().catch(() => undefined);
  }
}
