import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresStore, postgresStore } from "../../../src/stores/postgres.ts";
import { creation, event } from "../../postgres/samples.ts";
import { dropSchema, newSchema, type TestSchema } from "../../postgres/test-postgres.ts";

const CONVERSATIONS = Array.from({ length: 16 }, () => crypto.randomUUID());
const [HELD = ""] = CONVERSATIONS;

let schema: TestSchema;
let store: PostgresStore;
let other: pg.Client;

beforeAll(async () => {
  schema = await newSchema();
  store = postgresStore(schema);
  other = new pg.Client({ connectionString: schema.connectionString });
  await other.connect();
  await Promise.all(CONVERSATIONS.map((id) => store.commit(creation(id))));
});

afterAll(async () => {
  await store.close();
  await other.end();
  await dropSchema(schema);
});

test("a change that has to wait in the database holds up one lane, whose changes are made in their order", async () => {
  await other.query("BEGIN");
  await other.query(`SELECT FROM ${schema.schema}.conversations WHERE id = $1 FOR UPDATE`, [HELD]);
  const made: string[] = [];
  const commit = (conversationId: string, seq: number) =>
    store.commit({ conversationId, events: [event(seq)] }).then(() => made.push(`${conversationId} ${seq}`));
  const [first, ...others] = CONVERSATIONS.map((id) => [commit(id, 0), commit(id, 1)]);
  try {
    await Promise.race(others.map((commits) => Promise.all(commits)));
    expect(made.filter((change) => change.startsWith(HELD))).toEqual([]);
  } finally {
    await other.query("ROLLBACK");
  }
  await Promise.all([first, ...others].flat());
  for (const id of CONVERSATIONS) {
    expect(made.filter((change) => change.startsWith(id))).toEqual([`${id} 0`, `${id} 1`]);
  }
});
