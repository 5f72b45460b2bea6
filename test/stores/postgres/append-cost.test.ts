import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PostgresPool } from "../../../src/stores/postgres/connection/connections.ts";
import { type PostgresStore, postgresStore } from "../../../src/stores/postgres.ts";
import { CONVERSATION, creation, event } from "../../postgres/samples.ts";
import { dropSchema, newSchema, type TestSchema } from "../../postgres/test-postgres.ts";

const MANY = 6_000;
const AT_ONCE = 20;
/** Blocks of 8 KiB more than at the start: indexes grow by a level, rows leave versions behind. */
const MORE_BLOCKS = 40;
const COUNTED = /^SELECT \S+\.(commit_changes|append_bash_events)_/;

let schema: TestSchema;
let pool: pg.Pool;
let store: PostgresStore;
/** Blocks that each counted write has touched. */
const blocks: number[] = [];

beforeAll(async () => {
  schema = await newSchema();
  // One session plans the statements once, while the tables are empty.
  pool = new pg.Pool({ connectionString: schema.connectionString, max: 1 });
  const explaining: PostgresPool = {
    async query({ text, values }) {
      if (!COUNTED.test(text)) return pool.query({ text, values });
      const { rows } = await pool.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
      const plan = rows[0]["QUERY PLAN"][0].Plan as Record<string, number>;
      blocks.push((plan["Shared Hit Blocks"] ?? 0) + (plan["Shared Read Blocks"] ?? 0));
      return { rows: [{ outcome: text.includes("bash") ? range(0, AT_ONCE).map((seq) => ({ seq })) : {} }] };
    },
  };
  store = postgresStore({ pool: explaining, schema: schema.schema });
  await store.commit(creation());
});

afterAll(async () => {
  await store.close();
  await pool.end();
  await dropSchema(schema);
});

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, offset) => first + offset);
}

function bashCommand(number: number) {
  const id = number.toString(16).padStart(32, "0");
  const time = "2026-01-01T00:00:00.000000Z";
  return {
    ...{ id, kind: "BashCommand", timestamp: time, commandId: null, order: null },
    ...{ isFinal: false, json: "{}" },
  };
}

const writes = {
  "an event": (numbers: number[]) =>
    store.commit({ conversationId: CONVERSATION, events: numbers.map((seq) => event(seq)) }),
  "a bash event": (numbers: number[]) =>
    Promise.all(numbers.map((number) => store.bashEvents.append(null, bashCommand(number)))),
};

test.each(Object.entries(writes))(
  "%s among many costs what it costs alone, by plans that were made when there was nothing",
  async (_name, write) => {
    blocks.length = 0;
    for (const number of range(0, AT_ONCE)) await write([number]);
    const atFirst = Math.max(...blocks.slice(-5));
    for (let first = AT_ONCE; first < MANY; first += AT_ONCE) await write(range(first, AT_ONCE));
    blocks.length = 0;
    for (const number of range(MANY, 5)) await write([number]);
    expect(blocks).toHaveLength(5);
    expect(Math.max(...blocks)).toBeLessThan(atFirst + MORE_BLOCKS);
  },
);
