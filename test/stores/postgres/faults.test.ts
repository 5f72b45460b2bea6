import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type PostgresStore, postgresStore } from "../../../src/stores/postgres.ts";
import type { Store } from "../../../src/stores/store.ts";
import {
  createPlace,
  type PostgresPlace,
  startServer,
  stopServer,
  urlOf,
} from "../../postgres/postgres-server.ts";
import { type FailingWay, openProxy } from "../../postgres/proxy.ts";
import { CONVERSATION, creation, event } from "../../postgres/samples.ts";
import { newSchema, query } from "../../postgres/test-postgres.ts";

// A restart of Postgres takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let folder = "";
let place: PostgresPlace;
let stores = 0;
const open: Store[] = [];
const proxies: FailingWay[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-postgres-faults-"));
  place = await createPlace(folder);
  await startServer(place);
});

afterAll(async () => {
  await Promise.all(open.map((store) => store.close().catch(() => undefined)));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await stopServer(place, "immediate");
  await rm(folder, { recursive: true, force: true });
});

function openStore(connectionString = urlOf(place), schema = `faults_${stores++}`): PostgresStore {
  const store = postgresStore({ connectionString, schema });
  open.push(store);
  return store;
}

async function proxied(): Promise<FailingWay> {
  const proxy = await openProxy(urlOf(place));
  proxies.push(proxy);
  return proxy;
}

/** Appends events one after the other, and says which were acknowledged. */
function writer(store: Store, conversationId: string) {
  let isDone = false;
  let acknowledged = 0;
  const running = (async () => {
    await store.commit(creation(conversationId));
    for (let seq = 0; !isDone; seq += 1) {
      const messages = [{ queue: conversationId, json: `${seq}`, at: seq }];
      await store.commit({ conversationId, events: [event(seq)], messages });
      acknowledged = seq + 1;
    }
  })();
  return {
    get acknowledged() {
      return acknowledged;
    },
    async end() {
      isDone = true;
      await running;
    },
  };
}

async function assertWhole(store: Store, conversationId: string, count: number): Promise<void> {
  const events = await store.events.search(conversationId, { order: "asc", limit: 100_000 });
  expect(events.map(({ seq }) => seq)).toEqual([...Array(count).keys()]);
  const messages = await store.outbox.read(conversationId, { limit: 100_000 });
  expect(messages.map(({ json }) => Number(json))).toEqual([...Array(count).keys()]);
}

test("writes go on over a kill and a restart of Postgres, each made once and none lost", async () => {
  const store = openStore();
  const ids = [1, 2, 3].map((index) => `aaaaaaaa-0000-4000-8000-00000000001${index}`);
  const writers = ids.map((id) => writer(store, id));
  for (let round = 0; round < 2; round += 1) {
    const before = writers.map(({ acknowledged }) => acknowledged);
    await expect
      .poll(() => writers.every(({ acknowledged }, index) => acknowledged > (before[index] ?? 0) + 5))
      .toBe(true);
    await stopServer(place, "immediate");
    await startServer(place);
  }
  const before = writers.map(({ acknowledged }) => acknowledged);
  await expect
    .poll(() => writers.every(({ acknowledged }, index) => acknowledged > (before[index] ?? 0) + 5))
    .toBe(true);
  await Promise.all(writers.map((one) => one.end()));
  for (const [index, id] of ids.entries()) await assertWhole(store, id, writers[index]?.acknowledged ?? 0);
});

test("writes go on when their connections are cut again and again", async () => {
  const proxy = await proxied();
  const store = openStore(proxy.connectionString);
  const one = writer(store, CONVERSATION);
  for (let round = 0; round < 8; round += 1) {
    const before = one.acknowledged;
    await expect.poll(() => one.acknowledged, { interval: 5 }).toBeGreaterThan(before + round);
    proxy.cut();
  }
  await one.end();
  await assertWhole(store, CONVERSATION, one.acknowledged);
});

test("a write whose answer is lost is made once, whatever it is", async () => {
  const proxy = await proxied();
  const schema = `faults_${stores++}`;
  const store = openStore(proxy.connectionString, schema);
  const direct = openStore(urlOf(place), schema);
  await store.open();
  // Both at one moment, so that each has a connection.
  await Promise.all([
    store.commit({ ...creation(), events: [event(0)] }),
    store.bashEvents.append(null, bashEvent("first")),
  ]);
  proxy.loseAnswers();
  const writes = [
    store.commit({
      conversationId: CONVERSATION,
      events: [event(1)],
      messages: [{ queue: "q", json: "once", at: 1 }],
    }),
    store.bashEvents.append(null, bashEvent("second")),
  ];
  await expect.poll(() => direct.events.count(CONVERSATION, {})).toBe(2);
  await expect.poll(async () => (await direct.bashEvents.find(null, ["second"])).length).toBe(1);
  const written = store.documents.write([{ kind: "k", name: "n", json: "1", expected: null }]);
  proxy.resume();
  proxy.cut();
  await Promise.all(writes);
  expect(await written).toBe("written");
  expect(await direct.events.count(CONVERSATION, {})).toBe(2);
  expect(await direct.outbox.read("q", { limit: 10 })).toHaveLength(1);
  expect(await direct.bashEvents.search(null, { direction: "asc", limit: 10 })).toHaveLength(2);
});

test("a way that carries nothing any more is given up, and the write takes another", async () => {
  const proxy = await proxied();
  const store = openStore(proxy.connectionString);
  await store.commit(creation());
  const before = proxy.connections;
  proxy.stop();
  const write = store.commit({ conversationId: CONVERSATION, update: { title: "held" }, events: [event(0)] });
  // Longer than an answer may take: the statement has been sent again, and is behind the first one when all is carried.
  await expect.poll(() => proxy.connections, { timeout: 60_000 }).toBeGreaterThan(before);
  proxy.resume();
  await write;
  expect(await store.events.count(CONVERSATION, {})).toBe(1);
});

test("what a node has adopted is told to it, although the answer was lost", async () => {
  const proxy = await proxied();
  const schema = `faults_${stores++}`;
  const direct = openStore(urlOf(place), schema);
  await direct.commit({ ...creation(), update: { status: "running" } });
  const gone = await direct.ownership.join();
  await direct.ownership.claim(gone, CONVERSATION);
  const store = openStore(proxy.connectionString, schema);
  const node = await store.ownership.join();
  // Both at one moment, so that a look has a connection beside that of the beats.
  await Promise.all([store.ownership.adopt(node, 10), store.ownership.adopt(node, 10)]);
  proxy.loseAnswers();
  await direct.ownership.leave(gone);
  const adopted = store.ownership.adopt(node, 10);
  await expect.poll(async () => (await direct.ownership.ownerOf(CONVERSATION))?.node).toBe(node);
  proxy.resume();
  proxy.cut();
  expect(await adopted).toEqual([{ conversationId: CONVERSATION, fence: expect.any(Number) }]);
  expect(await store.ownership.adopt(node, 10)).toEqual([]);
});

test("a statement that arrives after a later one changes nothing", async () => {
  const schema = await newSchema();
  const store = postgresStore(schema);
  await store.commit({ ...creation(), update: { title: "new" } });
  await store.commit({ conversationId: CONVERSATION, update: { title: "newer" } });
  const [writer] = await query(schema, "SELECT id, last FROM $schema.writers WHERE last > 1");
  const late = `SELECT $schema.commit_changes_1($1, 1, $2, NULL, NULL, $3, NULL, NULL, NULL)`;
  const change = [{ n: 0, id: CONVERSATION, is_new: false, is_whole: true, first: 0, count: 0 }];
  const update = { [CONVERSATION]: { title: "old" } };
  await expect(
    query(schema, late, [writer?.id, JSON.stringify(change), JSON.stringify(update)]),
  ).rejects.toThrow("a later write was made");
  const [record] = await store.conversations.find([CONVERSATION], []);
  expect(record?.title).toBe("newer");
  await store.close();
});

test("reads take another connection when theirs was cut, and say when Postgres is away", async () => {
  const store = openStore();
  await store.commit(creation());
  await Promise.all([1, 2, 3, 4].map(() => store.conversations.count()));
  await stopServer(place, "immediate");
  const password = place.password;
  await expect(store.conversations.count()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.not.stringContaining(password),
  });
  await startServer(place);
  expect(await store.conversations.count()).toBe(1);
});

function bashEvent(id: string) {
  const links = { commandId: null, order: null, isFinal: false };
  return { id, kind: "BashCommand", timestamp: "2026-01-01T00:00:00.000000Z", ...links, json: "{}" };
}
