import { inspect } from "node:util";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { MIGRATIONS } from "../../../src/stores/postgres/schema/migrations.ts";
import { migratePostgres, type PostgresQuery, postgresStore } from "../../../src/stores/postgres.ts";
import { creation } from "../../postgres/samples.ts";
import { dropSchema, newSchema, query, type TestSchema } from "../../postgres/test-postgres.ts";

const schemas: TestSchema[] = [];
afterAll(() => Promise.all(schemas.map(dropSchema)));

async function fresh(): Promise<TestSchema> {
  const schema = await newSchema();
  schemas.push(schema);
  return schema;
}

describe("migrations", () => {
  test("are made once by stores that open at one moment", async () => {
    const schema = await fresh();
    const stores = Array.from({ length: 6 }, () => postgresStore(schema));
    await Promise.all(stores.map((store) => store.open()));
    const rows = await query(schema, "SELECT version, name FROM $schema.migrations");
    expect(rows).toEqual(MIGRATIONS.map(({ version, name }) => ({ version, name })));
    await Promise.all(stores.map((store) => store.close()));
  });

  test("are named before they are made, and after", async () => {
    const schema = await fresh();
    const all = MIGRATIONS.map(({ version, name }) => ({ version, name }));
    expect(await migratePostgres(schema, { dryRun: true })).toEqual({ applied: [], pending: all });
    expect(await migratePostgres(schema)).toEqual({ applied: [], pending: all });
    expect(await migratePostgres(schema)).toEqual({ applied: all, pending: [] });
  });

  test("are numbered from 1 without gaps, and say what they are", () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
    // The name stands in a statement, and the text within $step$ and $migrate$.
    expect(MIGRATIONS.filter(({ name }) => name.includes("'"))).toEqual([]);
    expect(MIGRATIONS.filter(({ sql }) => /\$(step|migrate)\$/.test(sql))).toEqual([]);
  });

  test("of a newer version are refused by name, and left alone", async () => {
    const schema = await fresh();
    await migratePostgres(schema);
    await query(schema, "INSERT INTO $schema.migrations (version, name) VALUES (99, 'time travel')");
    const store = postgresStore(schema);
    await expect(store.open()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(
        /newer agent-server \(migration 99, "time travel"; this one knows up to \d+\)/,
      ),
    });
    await expect(store.commit(creation())).rejects.toMatchObject({ code: "unavailable" });
    await store.close();
  });

  test("are not made in a Postgres that is older than 14, which is named", async () => {
    const statements: string[] = [];
    const pool = {
      async query({ text }: { text: string }) {
        statements.push(text);
        return { rows: [{ server: "13.23", number: 130023, encoding: "UTF8", has_migrations: false }] };
      },
    };
    const store = postgresStore({ pool });
    await expect(store.open()).rejects.toMatchObject({
      code: "unavailable",
      message: "Postgres at the given pool has the version 13.23: Postgres 14 or newer is needed",
    });
    await expect(store.commit(creation())).rejects.toMatchObject({ code: "unavailable" });
    expect(statements.filter((text) => !text.startsWith("SELECT"))).toEqual([]);
    await store.close();
  });

  test("may take longer than other statements of the session", async () => {
    const { connectionString, schema } = await fresh();
    const client = new pg.Client({ connectionString });
    await client.connect();
    const pool = {
      async query(query: PostgresQuery) {
        await client.query(`SET statement_timeout = ${query.text.includes("$migrate$") ? 1 : 0}`);
        return client.query(query);
      },
    };
    const { applied } = await migratePostgres({ pool, schema });
    expect(applied).toEqual([]);
    await client.end();
    expect((await migratePostgres({ connectionString, schema }, { dryRun: true })).pending).toEqual([]);
  });

  test("use a schema that was made by its administrator for a user who may make none", async () => {
    const schema = await fresh();
    await query(schema, "CREATE ROLE $schema LOGIN PASSWORD 'plain'");
    await query(schema, "CREATE SCHEMA $schema AUTHORIZATION $schema");
    const url = new URL(schema.connectionString);
    url.username = schema.schema;
    url.password = "plain";
    const store = postgresStore({ connectionString: url.href, schema: schema.schema });
    await store.commit(creation());
    expect(await store.conversations.count()).toBe(1);
    await store.close();
    await dropSchema(schema);
    await query(schema, "DROP ROLE $schema");
  });

  test("of two schemas in one database do not meet", async () => {
    const [one, other] = [postgresStore(await fresh()), postgresStore(await fresh())];
    await one.commit(creation());
    expect([await one.conversations.count(), await other.conversations.count()]).toEqual([1, 0]);
    await Promise.all([one.close(), other.close()]);
  });
});

describe("an address", () => {
  const SECRET = "s3cr%40t-password";

  test.each([
    `postgres://user:${SECRET}@127.0.0.1:1/none`,
    `postgres://user:${SECRET}@no-such-host.invalid/none`,
    `postgres://127.0.0.1:1/none?user=user&password=${SECRET}`,
  ])("that leads nowhere is named without its password: %#", async (connectionString) => {
    const store = postgresStore({ connectionString });
    const error: unknown = await store.conversations.count().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "unavailable" });
    const shown = inspect(error, { depth: 20, showHidden: true });
    expect(shown).toContain("none");
    for (const secret of [SECRET, decodeURIComponent(SECRET)]) {
      expect(shown).not.toContain(secret);
      expect(inspect(store, { depth: 20, showHidden: true })).not.toContain(secret);
    }
    await store.close();
  });

  test("with a wrong password is refused at once, without it", async () => {
    const { connectionString, schema } = await fresh();
    const url = new URL(connectionString);
    url.password = SECRET;
    const store = postgresStore({ connectionString: url.href, schema });
    const error: unknown = await store.commit(creation()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("password authentication failed"),
    });
    expect(inspect(error, { depth: 20 })).not.toContain("s3cr");
    await store.close();
  });

  test("that is not one of Postgres is refused, and not repeated", () => {
    for (const connectionString of [
      `mysql://user:${SECRET}@host/none`,
      SECRET,
      "",
      "postgres://user:%@host/none",
    ]) {
      const open = () => postgresStore({ connectionString });
      expect(open).toThrow("connectionString: expected a URL such as postgres://user@host:5432/database");
      expect(open).not.toThrow(/s3cr/);
    }
  });

  test("may be a pool of the host, which stays open", async () => {
    const { connectionString, schema } = await fresh();
    const pool = new pg.Pool({ connectionString, max: 7 });
    const store = postgresStore({ pool, schema });
    await store.commit(creation());
    expect(await store.conversations.count()).toBe(1);
    await store.close();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});

test.each(["Upper", "a-b", "", 'a"b', "1a", "pg_own", "x".repeat(64), "a;b", "a\0b"])(
  "the name %j of a schema is refused",
  (schema) => {
    expect(() => postgresStore({ connectionString: "postgres://127.0.0.1/none", schema })).toThrow(
      "schema: expected up to 63 lower-case letters, digits and _",
    );
  },
);

test("a store that is closed has no sessions, and no rows for repeats, left", async () => {
  const schema = await fresh();
  const store = postgresStore(schema);
  await store.commit(creation());
  await store.close();
  const sessions =
    "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE query LIKE $1 AND application_name = $2";
  await expect
    .poll(async () => (await query(schema, sessions, [`%${schema.schema}.%`, "agent-server"]))[0]?.count)
    .toBe(0);
  expect(await query(schema, "SELECT FROM $schema.writers")).toEqual([]);
});
