import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { messageOf } from "../../src/errors.ts";
import { FOLDER_VARIABLE } from "./global-setup.ts";
import { createPlace, type PostgresPlace, startServer, urlOf } from "./postgres-server.ts";

/** A schema of the test run's server. */
export interface TestSchema {
  connectionString: string;
  schema: string;
}

const WAIT = 60_000;
/** The SQLSTATE of a statement that Postgres ended because two waited for each other. */
const DEADLOCK = "40P01";

/**
 * Names a new schema in the Postgres of the test run, which is started when it is first needed: one server for all test
 * files, or the one of `AGENT_SERVER_TEST_POSTGRES`.
 */
export async function newSchema(): Promise<TestSchema> {
  const connectionString = process.env.AGENT_SERVER_TEST_POSTGRES ?? urlOf(await sharedPlace());
  return { connectionString, schema: `test_${randomBytes(6).toString("hex")}` };
}

/** Runs a statement in the database of a schema, as its administrator would. `$schema` stands for the schema. */
export async function query(
  { connectionString, schema }: TestSchema,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text.replaceAll("$schema", schema), values)).rows;
  } finally {
    await client.end();
  }
}

/** Deletes whatever a schema has, but its tables. Beats of an open store may take locks in another order meanwhile. */
export async function emptySchema(place: TestSchema, attempts = 10): Promise<void> {
  const emptied = query(
    place,
    `DO $do$ DECLARE name text; BEGIN
      FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '$schema' AND tablename <> 'migrations' LOOP
        EXECUTE 'DELETE FROM $schema.' || name;
      END LOOP;
    END $do$`,
  );
  await emptied.catch((error: { code?: unknown }) => {
    if (error.code !== DEADLOCK || attempts === 1) throw error;
    return emptySchema(place, attempts - 1);
  });
}

export async function dropSchema(place: TestSchema): Promise<void> {
  await query(place, "DROP SCHEMA IF EXISTS $schema CASCADE");
}

/** Test files run in several processes: the one that makes the folder `started` starts the server. */
async function sharedPlace(): Promise<PostgresPlace> {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder === undefined)
    throw new Error("The tests of Postgres need the configuration test/vitest.config.ts");
  const file = join(folder, "place.json");
  const isFirst = await mkdir(join(folder, "started")).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    const place = await startedPlace(folder).catch((error: unknown) => ({ failure: messageOf(error) }));
    await writeFile(`${file}.new`, JSON.stringify(place));
    await rename(`${file}.new`, file);
  }
  for (const end = Date.now() + WAIT; ; await setTimeout(50)) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return placeIn(text);
    if (Date.now() > end) throw new Error("The Postgres of the test run does not start");
  }
}

async function startedPlace(folder: string): Promise<PostgresPlace> {
  const place = await createPlace(folder);
  await startServer(place, { until: Number(process.env[`${FOLDER_VARIABLE}_PID`]) });
  return place;
}

/** A server that cannot be started fails every test at once: none waits for it. */
function placeIn(text: string): PostgresPlace {
  const place = JSON.parse(text) as PostgresPlace | { failure: string };
  if ("failure" in place) throw new Error(`The Postgres of the test run does not start: ${place.failure}`);
  return place;
}
