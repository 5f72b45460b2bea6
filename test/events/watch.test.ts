import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { EventLog } from "../../src/events/event-log.ts";
import { Feeds } from "../../src/events/feeds/feeds.ts";
import { createTimestamps } from "../../src/events/timestamp.ts";
import { openWatch, type Watch } from "../../src/events/watch.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { Database } from "../../src/stores/sqlite/database.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Store } from "../../src/stores/store.ts";
import type { NewEvent } from "../../src/wire/events/events.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const NOW = "2026-01-01T00:00:00.000000Z";
const HEADER = {
  createdAt: NOW,
  updatedAt: NOW,
  title: null,
  parentId: null,
  createdBy: null,
  leafEventId: null,
} as const;
const pause: NewEvent = { source: "user", kind: "PauseEvent" };

/** A stored conversation, its log, and watches that show the number of stored events as the state. */
async function openConversation(store: Store, beforeReading: Promise<void> = Promise.resolve()) {
  let ids = 0;
  const newId = () => `event-${ids++}`;
  const timestamps = createTimestamps({ now: () => Date.UTC(2026, 0, 1), newId });
  await store.commit({ conversationId: ID, create: { ...HEADER, status: "idle" } });
  const log = new EventLog({ conversationId: ID, store, timestamps, newId, nextSeq: 0, leafEventId: null });
  const feeds = new Feeds(store.relay);
  const find = async (id: string) => {
    await beforeReading;
    const [record] = await store.conversations.find([id], []);
    return record && { ...record, fullState: fullState(record.eventCount) };
  };
  const watch = (id = ID) => openWatch(id, { store, feeds, timestamps, newId, find });
  return { log, feeds, watch };
}

function fullState(value: unknown) {
  return {
    kind: "ConversationStateUpdateEvent",
    source: "environment",
    key: "full_state",
    value,
  } as const;
}

/** What a watch shows after its state: history, then what is in the feed by now. */
async function textsOf({ history, reader }: Watch): Promise<string[]> {
  const texts: string[] = [];
  for await (const page of history()) texts.push(...page);
  for (let text = reader.take(); text !== undefined; text = reader.take()) texts.push(text);
  return texts;
}

async function idsOf(watch: Watch): Promise<string[]> {
  return (await textsOf(watch)).map((text) => JSON.parse(text).id);
}

test("state, history and feed meet without a gap or a repetition, whenever watching begins", async () => {
  const store = memoryStore();
  const { log, watch } = await openConversation(store);
  const appends = [...Array(60).keys()].map(async (index) => {
    for (let turn = 0; turn < index; turn++) await Promise.resolve();
    await log.append([pause]);
  });
  const watching: Promise<Watch | undefined>[] = [];
  for (let turn = 0; turn < 60; turn++) {
    watching.push(watch());
    await Promise.resolve();
  }
  await Promise.all(appends);
  const stored = (await store.events.search(ID, { order: "asc", limit: 100 })).map(({ id }) => id);
  const watches = await Promise.all(watching);
  for (const opened of watches) expect(opened && (await idsOf(opened))).toEqual(stored);
  const states = watches.map((opened) => JSON.parse(opened?.fullState ?? "").value as number);
  expect(new Set(states).size).toBeGreaterThan(2);
});

test("a transient event from before the state that is shown is left out, one from after it is not", async () => {
  const reading = Promise.withResolvers<void>();
  const { log, watch } = await openConversation(memoryStore(), reading.promise);
  const opening = watch();
  log.publish(fullState("old"));
  await log.append([pause]);
  reading.resolve();
  const opened = await opening;
  log.publish(fullState("new"));
  await log.append([pause]);
  expect(JSON.parse(opened?.fullState ?? "").value).toBe(1);
  expect(opened && (await textsOf(opened)).map((text) => JSON.parse(text).value)).toEqual([
    undefined,
    "new",
    undefined,
  ]);
});

test("an unknown conversation is not watched, and a removed one ends its watches", async () => {
  const store = memoryStore();
  const { feeds, watch } = await openConversation(store);
  expect(await watch("bbbbbbbb-0000-4000-8000-000000000002")).toBeUndefined();
  const opened = await watch();
  expect(feeds.size).toBe(1);
  store.relay.publish(ID, { kind: "removed" });
  expect([opened?.reader.ended, opened?.reader.end, feeds.size]).toEqual([true, "removed", 0]);
});

test("a feed is forgotten with its last reader, and closing ends those that come later too", async () => {
  const { feeds, watch } = await openConversation(memoryStore());
  const [first, second] = [await watch(), await watch()];
  first?.reader.close();
  expect(feeds.size).toBe(1);
  second?.reader.close();
  expect(feeds.size).toBe(0);
  feeds.close();
  const late = await watch();
  expect([late?.reader.ended, late?.reader.end, feeds.size]).toEqual([true, "closed", 0]);
});

test("nothing is shown before the disk has it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-watch-"));
  const store = sqliteStore({ path: join(folder, "server.db") });
  onTestFinished(async () => {
    vi.restoreAllMocks();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const { log, watch } = await openConversation(store);
  const disk = Promise.withResolvers<void>();
  const sync = vi.spyOn(Database.prototype, "sync").mockReturnValue(disk.promise);
  const appended = log.append([pause]);
  await expect.poll(() => sync.mock.calls.length).toBe(1);
  let isShown = false;
  const opening = watch().finally(() => {
    isShown = true;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  expect(isShown).toBe(false);
  disk.resolve();
  await appended;
  const opened = await opening;
  expect(JSON.parse(opened?.fullState ?? "").value).toBe(1);
  expect(opened && (await idsOf(opened))).toEqual(["event-0"]);
});
