import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PostgresPool, PostgresQuery } from "../../../src/stores/postgres/connection/connections.ts";
import { type PostgresStore, postgresStore } from "../../../src/stores/postgres.ts";
import { CONVERSATION, creation, event } from "../../postgres/samples.ts";
import { dropSchema, newSchema, query, type TestSchema } from "../../postgres/test-postgres.ts";

const EVENTS = 10_000;
const CONVERSATIONS = 4_000;
const MESSAGES = 4_000;
/** Blocks of 8 KiB that a page may touch. Each table has more. */
const MAX_BLOCKS = 80;

let schema: TestSchema;
let pool: pg.Pool;
let store: PostgresStore;
/** The statements of the store. */
const statements: PostgresQuery[] = [];

beforeAll(async () => {
  schema = await newSchema();
  pool = new pg.Pool({ connectionString: schema.connectionString });
  const recording: PostgresPool = {
    query: (statement) => {
      statements.push(statement);
      return pool.query(statement);
    },
  };
  store = postgresStore({ pool: recording, schema: schema.schema });
  await store.commit(creation());
  for (let seq = 0; seq < EVENTS; seq += 500) await store.commit(part(seq));
  const messages = Array.from({ length: MESSAGES }, (_, index) => ({
    queue: `queue ${index % 20}`,
    json: `"${"x".repeat(600)}"`,
    at: index,
  }));
  await store.outbox.append(messages);
  const others = Array.from({ length: CONVERSATIONS }, (_, index) => index);
  await Promise.all(others.map((index) => store.commit(conversation(index))));
  await query(schema, "ANALYZE");
});

afterAll(async () => {
  await store.close();
  await pool.end();
  await dropSchema(schema);
});

function part(first: number) {
  const events = Array.from({ length: 500 }, (_, offset) => {
    const seq = first + offset;
    const message = seq % 1_000 === 0 ? { kind: "MessageEvent", source: "user", body: `message ${seq}` } : {};
    const fields = {
      kind: "ActionEvent",
      source: "agent",
      timestamp: time(seq),
      json: `"${"x".repeat(600)}"`,
    };
    return event(seq, { ...fields, ...message });
  });
  return { conversationId: CONVERSATION, events };
}

function conversation(index: number) {
  const id = `cccccccc-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const { create } = creation(id);
  if (create === undefined) throw new Error("no conversation");
  const status = index % 500 === 0 ? "running" : "idle";
  const createdBy = index % 100 === 0 ? "ada" : null;
  const header = { ...create, createdAt: time(index), updatedAt: time(index), status, createdBy } as const;
  return { conversationId: id, create: header, documents: { state: "{}" } };
}

function time(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace("000Z", "000000Z");
}

/** Blocks that the statements of a read touch. */
async function blocksOf(read: () => Promise<unknown>): Promise<number> {
  statements.length = 0;
  await read();
  let blocks = 0;
  for (const { text, values = [] } of statements.splice(0)) {
    const { rows } = await pool.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
    const plan = rows[0]["QUERY PLAN"][0].Plan as Record<string, number>;
    blocks += (plan["Shared Hit Blocks"] ?? 0) + (plan["Shared Read Blocks"] ?? 0);
  }
  return blocks;
}

const newest = { order: "desc", limit: 50 } as const;
const list = { sortOrder: "CREATED_AT_DESC", limit: 5, documents: ["state"] } as const;
const lastId = "cccccccc-0000-4000-8000-000000000040";

test("the tables are large enough for that", async () => {
  for (const [table, least] of [
    ["events", 500],
    ["conversations", 100],
    ["outbox", 200],
  ] as const) {
    const [row] = await query(
      schema,
      `SELECT relpages FROM pg_class WHERE oid = '$schema.${table}'::regclass`,
    );
    expect(row?.relpages).toBeGreaterThan(least);
  }
});

test.each([
  ["the newest events", () => store.events.search(CONVERSATION, newest)],
  [
    "events from a place on",
    () => store.events.search(CONVERSATION, { order: "asc", from: 5_000, limit: 50 }),
  ],
  ["events of a rare kind", () => store.events.search(CONVERSATION, { ...newest, kind: "MessageEvent" })],
  ["events of no kind", () => store.events.search(CONVERSATION, { ...newest, kind: "PauseEvent" })],
  ["events of a source", () => store.events.search(CONVERSATION, { ...newest, source: "user" })],
  ["messages by their text", () => store.events.search(CONVERSATION, { ...newest, body: "Message 9000" })],
  [
    "the first events since a time",
    () => store.events.search(CONVERSATION, { order: "asc", limit: 50, timestampGte: time(9_900) }),
  ],
  [
    "the last events before a time",
    () => store.events.search(CONVERSATION, { ...newest, timestampLt: time(100) }),
  ],
  ["events by id", () => store.events.find(CONVERSATION, ["event-1", "event-9999"])],
  ["a conversation", () => store.conversations.find([CONVERSATION], ["state"])],
  ["the newest conversations", () => store.conversations.search(list)],
  ["the last page of conversations", () => store.conversations.search({ ...list, from: lastId })],
  ["conversations of a status", () => store.conversations.search({ ...list, status: "running" })],
  ["conversations of a creator", () => store.conversations.search({ ...list, createdBy: "ada" })],
  ["names of queues", () => store.outbox.queues({ limit: 10 })],
  ["messages of a queue", () => store.outbox.read("queue 7", { limit: 10 })],
] as const)("%s cost their page, not the store", async (_name, read) => {
  expect(await blocksOf(read)).toBeLessThan(MAX_BLOCKS);
});
