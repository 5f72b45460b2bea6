import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Event, memoryStore, type Store, sqliteStore } from "agent-server";
import { createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import { Database } from "../../src/stores/sqlite/database.ts";
import { beginCopy, copyPart, isWhole } from "../../src/stores/sqlite/log/copied-log.ts";
import { mortalStore } from "../../src/testing/mortal-store.ts";

const FORK = "0a0b0c0d-0000-4000-8000-00000000f0f0";

/** One clock for all servers, so that ids do not repeat after a restart. */
const clock = fixedClock();

function serve(store: Store) {
  const llm = scriptedLlm(() => say("Done."));
  return createTestServer({ store, llm, clock, leakCheck: false });
}

/** The store of a server that is not killed. It stays open when the server closes. */
function lasting(disk: Store): Store {
  return mortalStore(disk, Number.POSITIVE_INFINITY).store;
}

type TestServer = Awaited<ReturnType<typeof serve>>;

async function eventsOf(store: Store, id: string): Promise<Event[]> {
  const rows = await store.events.search(id, { order: "asc", limit: 1_000 });
  return rows.map(({ json }) => JSON.parse(json) as Event);
}

/** Does something with a conversation, with the server killed at each of its commits in turn. */
async function killedAtEveryCommit(
  work: (server: TestServer, id: string) => Promise<unknown>,
  check: (server: TestServer, store: Store, id: string) => Promise<void>,
): Promise<number> {
  for (let lifetime = 0; ; lifetime += 1) {
    const disk = memoryStore();
    const first = await serve(lasting(disk));
    const chat = await first.start("Go.");
    await chat.expectFinished("Done.");
    const mortal = mortalStore(disk, lifetime);
    await first.close();
    const server = await serve(mortal.store);
    await Promise.race([work(server, chat.id), mortal.died]).catch((error: unknown) => {
      if (!mortal.isDead) throw error;
    });
    await server.close().catch(() => undefined);
    await using again = await serve(lasting(disk));
    await check(again, disk, chat.id);
    if (!mortal.isDead) return lifetime;
  }
}

it("a fork that is killed at any commit is there whole, or can be made again", async () => {
  const commits = await killedAtEveryCommit(
    async (server, id) => {
      const { conversation } = await server.conversations.fork(id, { id: FORK });
      await conversation.sendMessage("More.");
      await expect.poll(async () => (await server.conversations.get(FORK)).execution_status).toBe("finished");
    },
    async (server, store, id) => {
      const [made] = await store.conversations.find([FORK], []);
      if (made === undefined) await server.conversations.fork(id, { id: FORK });
      const source = await eventsOf(store, id);
      expect((await eventsOf(store, FORK)).slice(0, source.length)).toEqual(source);
      const chat = await server.resume(FORK);
      await chat.send("And more.");
      await chat.expectFinished("Done.");
    },
  );
  expect(commits).toBeGreaterThan(3);
});

it("a child that is killed at any commit of its start is there whole or not at all", async () => {
  const commits = await killedAtEveryCommit(
    async (server, id) => {
      const child = await server.conversations.startChild(id, { task: "Help.", isolation: "shared" });
      await expect
        .poll(async () => (await server.conversations.get(child.conversation_id)).execution_status)
        .toBe("finished");
    },
    async (server, store, id) => {
      const { sub_conversation_ids: children } = await server.conversations.get(id);
      expect(children.length).toBeLessThanOrEqual(1);
      expect(await server.conversations.count()).toBe(1 + children.length);
      for (const childId of children) {
        const tasks = (await eventsOf(store, childId)).filter(
          ({ kind, source }) => kind === "MessageEvent" && source === "user",
        );
        expect(tasks.length).toBeLessThanOrEqual(1);
        const chat = await server.resume(childId);
        await chat.idle();
        await chat.send("Go on.");
        await chat.expectFinished("Done.");
      }
    },
  );
  expect(commits).toBeGreaterThan(3);
});

it("of a copy in a database that is killed at any part, nothing is left, and its id is free", async () => {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-tree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "server.db");
  const header = { createdAt: "2026", updatedAt: "2026", status: "idle", title: null } as const;
  const create = { ...header, parentId: null, createdBy: null, leafEventId: null };
  const source = "00000000-0000-4000-8000-000000000001";
  const first = sqliteStore({ path, durability: "process" });
  await first.commit({ conversationId: source, create });
  const events = [...Array(1_300).keys()].map((seq) => ({
    seq,
    id: `event-${seq}`,
    kind: "ActionEvent",
    source: "agent",
    timestamp: "2026",
    body: null,
    json: "{}",
  }));
  await first.commit({ conversationId: source, events });
  await first.close();
  const copied = { conversationId: source, spans: [{ first: 0, last: 1_299 }] };
  let parts = 0;
  for (let isDone = false; !isDone; parts += 1) {
    const database = new Database(path);
    let copy = database.transaction(() => beginCopy(database, copied));
    for (let part = 0; part < parts && !isWhole(copy); part += 1) {
      const begun = copy;
      copy = database.transaction(() => copyPart(database, begun));
    }
    isDone = isWhole(copy);
    database.close();
    const store = sqliteStore({ path, durability: "process" });
    expect(await store.conversations.count()).toBe(1);
    expect(await store.events.count(source, {})).toBe(1_300);
    await store.commit({ conversationId: FORK, create, copied });
    expect(await store.events.count(FORK, {})).toBe(1_300);
    await store.remove(FORK);
    // The events of removed logs are deleted in later turns.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((done) => setImmediate(done));
    await store.close();
    const after = new Database(path);
    for (const table of ["events", "event_marks"]) {
      expect(Number(after.get(`SELECT count(*) AS count FROM ${table}`)?.count)).toBe(1_300);
    }
    after.close();
  }
  expect(parts).toBeGreaterThan(2);
}, 60_000);
