import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromKept, toKept } from "../../../src/stores/postgres/kept-text.ts";
import { type PostgresStore, postgresStore } from "../../../src/stores/postgres.ts";
import { CONVERSATION, creation, event } from "../../postgres/samples.ts";
import { dropSchema, newSchema, query, type TestSchema } from "../../postgres/test-postgres.ts";

let schema: TestSchema;
let store: PostgresStore;

beforeAll(async () => {
  schema = await newSchema();
  store = postgresStore(schema);
});

afterAll(async () => {
  await store.close();
  await dropSchema(schema);
});

/** Code units that Postgres does not keep, those of the kept form, and plain ones. */
const hostile = fc
  .array(
    fc.constantFrom(
      ..."\0\ud83d\ude42\udbff\udfe0\udfef\udff0\u{10ffe0}\u{10fff0}\u{10ffff}ab\\'\"$%_".split(""),
    ),
    { maxLength: 12 },
  )
  .map((units) => units.join(""));

test("every string comes back as it was, and none is kept with what Postgres refuses", () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ unit: "binary" })), (text) => {
      const kept = toKept(text);
      expect(fromKept(kept)).toBe(text);
      expect(kept.isWellFormed() && !kept.includes("\0")).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("a part of a string is found in its kept form where it is in the string, by whole characters", () => {
  fc.assert(
    fc.property(hostile, hostile, (text, part) => {
      const characters = [...text];
      const parts = [...part];
      const isThere = characters.some((_, start) =>
        parts.every((character, offset) => characters[start + offset] === character),
      );
      expect(toKept(text).includes(toKept(part))).toBe(isThere || part === "");
    }),
    { numRuns: 5_000 },
  );
});

const WORST =
  '\0 half \ud83d half \udc00 🙂 \u{10fff0}\u{10ffe5} \'; DROP SCHEMA public; -- \\ " $1 $$ {NULL,"}';

test("hostile text in every field of the log comes back as it was", async () => {
  const id = `${WORST} id`;
  const created = {
    ...({ createdAt: WORST, updatedAt: WORST, status: "idle", title: WORST, parentId: WORST } as const),
    ...{ createdBy: WORST, leafEventId: WORST, agentOf: WORST, machine: WORST },
  };
  const stored = event(0, {
    id: WORST,
    kind: WORST,
    source: WORST,
    timestamp: WORST,
    body: WORST,
    json: WORST,
  });
  await store.commit({
    conversationId: id,
    create: created,
    documents: { [WORST]: WORST, __proto__x: "1" },
    events: [stored],
    messages: [{ queue: "q", json: WORST, at: 1 }],
  });
  const [record] = await store.conversations.find([id], [WORST]);
  expect(record).toEqual({ id, ...created, childIds: [], documents: { [WORST]: WORST }, eventCount: 1 });
  expect(await store.events.find(id, [WORST])).toEqual([stored]);
  const filter = { kind: WORST, source: WORST, body: "\ud83d half", timestampGte: WORST };
  expect(await store.events.search(id, { ...filter, order: "asc", limit: 5 })).toEqual([stored]);
  expect(await store.events.count(id, { timestampLt: WORST })).toBe(0);
  const query = { sortOrder: "CREATED_AT", limit: 5, documents: [] } as const;
  const found = await store.conversations.search({ ...query, agentOf: WORST, createdBy: WORST, from: id });
  expect(found.map((one) => one.id)).toEqual([id]);
  expect((await store.outbox.read("q", { limit: 1 }))[0]?.json).toBe(WORST);
  await store.remove(id);
  expect(await store.conversations.find([id], [])).toEqual([]);
});

test("hostile text in bash events, documents and claims comes back as it was", async () => {
  const bashEvent = {
    id: WORST,
    kind: WORST,
    timestamp: WORST,
    commandId: WORST,
    order: 3,
    isFinal: true,
    json: WORST,
  };
  await store.bashEvents.append(null, bashEvent);
  expect(await store.bashEvents.find(null, [WORST])).toMatchObject([bashEvent]);
  const search = { direction: "asc", limit: 5, kind: WORST, commandId: WORST, timestampGte: WORST } as const;
  expect(await store.bashEvents.search(null, search)).toMatchObject([bashEvent]);
  const name = '\'; DROP SCHEMA public; -- \\ " $1 $$ {NULL,"}';
  await store.documents.write([{ kind: name, name, json: WORST, expected: null }]);
  expect(await store.documents.list(name)).toMatchObject([{ kind: name, name, json: WORST }]);
  const node = await store.ownership.join({ address: WORST, machine: WORST });
  const outcome = await store.ownership.claim(node, WORST);
  expect(outcome).toMatchObject({ fence: expect.any(Number) });
  expect(await store.ownership.ownerOf(WORST)).toEqual({ node, address: WORST });
  expect(await store.ownership.nodes()).toEqual([{ node, address: WORST, machine: WORST }]);
  await store.ownership.leave(node);
});

test("a page ends where it does, whatever its characters take in bytes", async () => {
  const json = JSON.stringify("🙂☃\0".repeat(100));
  await store.commit({ ...creation(), events: [0, 1, 2].map((seq) => event(seq, { json })) });
  const lengths = async (maxLength: number) =>
    (await store.events.search(CONVERSATION, { order: "asc", limit: 10, maxLength })).length;
  expect([await lengths(json.length - 1), await lengths(json.length)]).toEqual([1, 2]);
  await store.remove(CONVERSATION);
});

test("documents of 4 MiB of any text are kept, in one write", async () => {
  const json = `${WORST}${"☃🙂".repeat(1_398_000)}`.padEnd(4 * 1024 * 1024);
  const changes = ["a", "b", "c"].map((name) => ({ kind: "large", name, json, expected: null }));
  expect(await store.documents.write(changes)).toBe("written");
  const found = await store.documents.list("large");
  expect(found.map((document) => document.json === json)).toEqual([true, true, true]);
  await store.commit({ ...creation(), documents: { state: json }, events: [event(0, { json })] });
  const [record] = await store.conversations.find([CONVERSATION], ["state"]);
  expect(record?.documents.state === json).toBe(true);
});

test("a value that no index takes is refused alone", async () => {
  await store.remove(CONVERSATION);
  await store.commit(creation());
  const unindexed = Array.from({ length: 4_000 }, (_, index) => (index * 7_919).toString(36)).join("");
  const outcomes = await Promise.allSettled([
    store.commit({ conversationId: CONVERSATION, events: [event(0)] }),
    store.commit({
      conversationId: CONVERSATION,
      update: { title: "No" },
      events: [event(1, { id: unindexed })],
    }),
    store.commit({ conversationId: CONVERSATION, events: [event(1)] }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(outcomes[1]).toMatchObject({ reason: { code: "payload_too_large" } });
  const [record] = await store.conversations.find([CONVERSATION], []);
  expect([record?.title, record?.eventCount]).toEqual([null, 2]);
});

test("the tables still stand after all that", async () => {
  const [row] = await query(schema, "SELECT to_regnamespace('public') IS NOT NULL AS is_there");
  expect(row?.is_there).toBe(true);
});
