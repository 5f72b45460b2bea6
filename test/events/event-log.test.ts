import { describe, expect, test } from "vitest";
import { AgentServerError } from "../../src/errors.ts";
import { EventLog, type EventLogOptions } from "../../src/events/event-log.ts";
import type { FeedReader } from "../../src/events/feeds/feed.ts";
import { Feeds } from "../../src/events/feeds/feeds.ts";
import type { NewTransientEvent } from "../../src/events/stamp-event.ts";
import { createTimestamps } from "../../src/events/timestamp.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Change, Store } from "../../src/stores/store.ts";
import type { NewEvent } from "../../src/wire/events/events.ts";
import { text } from "../../src/wire/events/message.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const time = "2026-01-01T00:00:00.000000Z";
const create = {
  createdAt: time,
  updatedAt: time,
  status: "idle",
  title: null,
  parentId: null,
  createdBy: null,
  leafEventId: null,
} as const;

const pause: NewEvent = { source: "user", kind: "PauseEvent" };
const interrupt: NewEvent = { source: "user", kind: "InterruptEvent" };

function status(value: string): NewEvent {
  return { source: "environment", key: "execution_status", value, kind: "ConversationStateUpdateEvent" };
}

function message(words: string): NewEvent {
  return { source: "user", llm_message: { role: "user", content: [text(words)] }, kind: "MessageEvent" };
}

async function openLog(options: Partial<EventLogOptions> = {}) {
  const store = memoryStore();
  await store.commit({ conversationId: ID, create });
  return { store, log: logOver(store, options) };
}

function logOver(store: Pick<Store, "commit" | "relay">, options: Partial<EventLogOptions> = {}): EventLog {
  let ids = 0;
  const clock = { now: () => Date.UTC(2026, 0, 1), newId: () => `event-${ids++}` };
  const { newId } = clock;
  const timestamps = createTimestamps(clock);
  return new EventLog({
    conversationId: ID,
    store,
    timestamps,
    newId,
    nextSeq: 0,
    leafEventId: null,
    ...options,
  });
}

function stored(store: Store) {
  return store.events.search(ID, { order: "asc", limit: 1_000 });
}

function readerOf({ relay }: Pick<Store, "relay">): Promise<FeedReader> {
  return new Feeds(relay).read(ID);
}

function published(reader: FeedReader) {
  const events: Record<string, unknown>[] = [];
  for (let frame = reader.take(); frame !== undefined; frame = reader.take()) events.push(JSON.parse(frame));
  return events;
}

/** Commits that succeed and fail when the test says so, over a store that keeps what succeeds. */
function heldStore(store: Store) {
  const held: { change: Change; settle(error?: Error): void }[] = [];
  return {
    held,
    relay: store.relay,
    commit(change: Change): Promise<void> {
      return new Promise((resolve, reject) => {
        const settle = (error?: Error) =>
          error ? reject(error) : store.commit(change).then(resolve, reject);
        held.push({ change, settle });
      });
    },
  };
}

describe("append", () => {
  test("gives events id, time, parent and place, and keys in the wire's order", async () => {
    const { store, log } = await openLog();
    await log.append([message("Hello"), pause]);
    const [first, second] = await stored(store);
    expect(first?.json).toMatch(
      /^\{"id":"event-0","timestamp":"[^"]{26}","source":"user","llm_message":.*"kind":"MessageEvent"\}$/,
    );
    expect(second?.json).toMatch(
      /^\{"id":"event-1","timestamp":"[^"]{26}","source":"user","parent_id":"event-0","kind":"PauseEvent"\}$/,
    );
    expect(first?.timestamp).toBe(JSON.parse(first?.json ?? "").timestamp);
    expect([first?.seq, second?.seq, log.lastSeq]).toEqual([0, 1, 1]);
  });

  test("hangs state updates on HEAD without moving it", async () => {
    const { store, log } = await openLog();
    const events = await log.append([pause, status("running"), status("idle"), interrupt]);
    expect(events.map((event) => event.parent_id)).toEqual([null, "event-0", "event-0", "event-0"]);
    const [record] = await store.conversations.find([ID], []);
    expect(record?.leafEventId).toBe("event-3");
  });

  test("keeps an id, a time and a parent that are given", async () => {
    const { log } = await openLog();
    const given = { id: "mine", timestamp: "2020-01-01T00:00:00", parent_id: "elsewhere" };
    const [first, second] = await log.append([{ ...pause, ...given }, pause]);
    expect(first).toMatchObject(given);
    expect(second?.parent_id).toBe("mine");
  });

  test("starts a new root after HEAD was emptied", async () => {
    const { store, log } = await openLog();
    await log.append([pause]);
    await log.commit({ update: { leafEventId: null } });
    const [first, second] = await log.append([pause, pause]);
    expect([first?.parent_id, second?.parent_id]).toEqual(["__root__", first?.id]);
    expect((await store.conversations.find([ID], []))[0]?.leafEventId).toBe(second?.id);
  });

  test("goes on from the branch that HEAD was moved to", async () => {
    const { log } = await openLog();
    const [first] = await log.append([pause, pause]);
    void log.commit({ update: { leafEventId: first?.id ?? "" } });
    const [next] = await log.append([interrupt]);
    expect(next?.parent_id).toBe(first?.id);
  });

  test("continues a log that was closed", async () => {
    const { store, log } = await openLog();
    await log.append([pause, pause]);
    const again = logOver(store, { nextSeq: 2, leafEventId: "event-1", newId: () => "later" });
    const [event] = await again.append([pause]);
    expect([event?.parent_id, again.lastSeq]).toEqual(["event-1", 2]);
  });

  test("leaves null keys out, at any depth", async () => {
    const { store, log } = await openLog();
    await log.append([
      { kind: "PauseEvent", source: "user", deep: [{ gone: null, text: '":null' }] } as NewEvent,
    ]);
    const [row] = await stored(store);
    expect(JSON.parse(row?.json ?? "").deep).toEqual([{ text: '":null' }]);
  });

  test("keeps the value of a state update as it is", async () => {
    const { store, log } = await openLog();
    const value = { figures: null, list: [null, 0, ""] };
    await log.append([{ ...status(""), value } as NewEvent]);
    const [row] = await stored(store);
    expect(JSON.parse(row?.json ?? "").value).toEqual(value);
  });

  test("makes the words of a message searchable", async () => {
    const { store, log } = await openLog();
    const spoken = { role: "user" as const, content: [text("Fix the BUG")], reasoning_content: "Why" };
    await log.append([
      { source: "user", llm_message: spoken, extended_content: [text("Extra\0NUL")], kind: "MessageEvent" },
      pause,
    ]);
    expect((await stored(store)).map((row) => row.body)).toEqual(["fix the bug extra nul why", null]);
  });

  test("stores documents and header in the same step", async () => {
    const { store, log } = await openLog();
    await log.append([pause], { update: { status: "paused" }, documents: { state: "{}" } });
    const [record] = await store.conversations.find([ID], ["state"]);
    expect(record).toMatchObject({ status: "paused", documents: { state: "{}" }, eventCount: 1 });
  });

  test("keeps a hundred concurrent calls in order, for the store and for readers", async () => {
    const { store, log } = await openLog();
    const reader = await readerOf(store);
    await Promise.all([...Array(100).keys()].map((index) => log.append([message(`${index}`), status("x")])));
    const rows = await stored(store);
    expect(rows.map((row) => row.seq)).toEqual([...Array(200).keys()]);
    expect(published(reader)).toEqual(rows.map((row) => JSON.parse(row.json)));
    const bodies = rows.flatMap((row) => row.body ?? []);
    expect(bodies).toEqual([...Array(100).keys()].map(String));
  });
});

describe("readers", () => {
  test("see an event only once it is stored, after the log's owner", async () => {
    const held = heldStore(memoryStore());
    const order: string[] = [];
    const log = logOver(held, { onAppended: (events) => order.push(`appended ${events.length}`) });
    const reader = await readerOf(held);
    void reader.wait().then(() => order.push("read"));
    const appended = log.append([pause, pause], { create });
    await new Promise(setImmediate);
    expect([order, log.lastSeq]).toEqual([[], -1]);
    held.held[0]?.settle();
    await appended;
    await new Promise(setImmediate);
    expect(order).toEqual(["appended 2", "read"]);
  });

  test("see transient events after everything appended before them", async () => {
    const { store, log } = await openLog({
      onAppended: () => log.publish({ source: "agent", content: "c", kind: "StreamingDeltaEvent" }),
    });
    const reader = await readerOf(store);
    log.publish({ source: "agent", content: "a", kind: "StreamingDeltaEvent" });
    const appended = log.append([pause]);
    log.publish({ source: "agent", content: "b", kind: "StreamingDeltaEvent" });
    await appended;
    await log.close();
    const contents = published(reader).map((event) => event.content ?? event.kind);
    expect(contents).toEqual(["a", "PauseEvent", "b", "c"]);
  });

  test("see transient state updates with HEAD as parent, which stay where it is", async () => {
    const { store, log } = await openLog();
    const [event] = await log.append([pause]);
    const reader = await readerOf(store);
    const fullState = {
      source: "environment",
      key: "full_state",
      value: { kept: null },
      kind: "ConversationStateUpdateEvent",
    } as const;
    log.publish(fullState);
    expect(published(reader)[0]).toEqual({
      ...fullState,
      id: "event-1",
      timestamp: expect.any(String),
      parent_id: event?.id,
    });
    expect([log.head, log.lastSeq]).toEqual([event?.id, 0]);
  });

  test("stay when the log closes, which waits for what is being stored; later appends are refused", async () => {
    const { store, log } = await openLog();
    const reader = await readerOf(store);
    const appended = log.append([pause]);
    await log.close();
    await appended;
    expect(published(reader)).toHaveLength(1);
    expect(reader.ended).toBe(false);
    await expect(log.append([pause])).rejects.toThrow("closed");
  });
});

describe("a commit that the store refuses", () => {
  test("publishes nothing and takes HEAD back; the next append works", async () => {
    const store = memoryStore();
    await store.commit({ conversationId: ID, create });
    const failures = [undefined, new AgentServerError("conflict", "refused")];
    const log = logOver({
      relay: store.relay,
      commit: async (change) => {
        const failure = failures.shift();
        if (failure) throw failure;
        return store.commit(change);
      },
    });
    const reader = await readerOf(store);
    const [first] = await log.append([pause]);
    await expect(log.append([interrupt, status("paused")])).rejects.toThrow("refused");
    expect([log.head, log.lastSeq, published(reader).length]).toEqual([first?.id, 0, 1]);
    const [next] = await log.append([pause]);
    expect([next?.parent_id, log.lastSeq]).toEqual([first?.id, 1]);
    expect(published(reader).map((event) => event.id)).toEqual([next?.id]);
  });

  test("takes along appends that built on it, and none made after it failed", async () => {
    const store = memoryStore();
    await store.commit({ conversationId: ID, create });
    const held = heldStore(store);
    const log = logOver(held);
    const reader = await readerOf(store);
    const failing = log.append([pause]);
    // Made as soon as the failure is known, while the append below is still pending.
    const afterwards = failing.catch(() => log.append([message("after")]));
    const builtOnIt = log.append([message("lost")]);
    const stateOnly = log.commit({ documents: { state: "kept" } });
    const outcomes = Promise.allSettled([failing, builtOnIt, stateOnly, afterwards]);
    held.held[0]?.settle(new AgentServerError("conflict", "refused"));
    await new Promise(setImmediate);
    for (const commit of held.held.slice(1)) commit.settle();
    const statuses = (await outcomes).map((outcome) => outcome.status);
    expect(statuses).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
    const lastAppend = log.append([message("last")]);
    held.held.at(-1)?.settle();
    const last = await lastAppend;
    const rows = await stored(store);
    expect(rows.map((row) => row.body)).toEqual(["after", "last"]);
    expect(last[0]?.parent_id).toBe(rows[0]?.id);
    expect(published(reader).map((event) => event.id)).toEqual(rows.map((row) => row.id));
    expect((await store.conversations.find([ID], ["state"]))[0]?.documents.state).toBe("kept");
  });
});

describe("places in the log", () => {
  const refused = new AgentServerError("conflict", "refused");
  const placeOf = ({ change }: { change: Change }) => change.events?.[0]?.seq;

  test("follow what is still being stored when a part of it is through", async () => {
    const store = memoryStore();
    await store.commit({ conversationId: ID, create });
    const held = heldStore(store);
    const log = logOver(held);
    const first = log.append([pause]);
    void log.append([pause]);
    held.held[0]?.settle();
    await first;
    void log.append([pause]);
    expect(held.held.map(placeOf)).toEqual([0, 1, 2]);
  });

  test("are taken back by the first of several failures alone, as later appends do not build on them", async () => {
    const store = memoryStore();
    await store.commit({ conversationId: ID, create });
    const held = heldStore(store);
    const log = logOver(held);
    const [first, second] = [log.append([pause]), log.append([pause])];
    held.held[0]?.settle(refused);
    await expect(first).rejects.toThrow("refused");
    void log.append([interrupt]);
    held.held[1]?.settle(refused);
    await expect(second).rejects.toThrow("refused");
    void log.append([interrupt]);
    expect(held.held.map(placeOf)).toEqual([0, 1, 0, 1]);
  });
});

test.each([new Error("the connection broke"), new AgentServerError("unavailable", "the disk failed")])(
  "a store that fails may have stored the commit: readers are told, and nothing more is written",
  async (failure) => {
    const store = memoryStore();
    await store.commit({ conversationId: ID, create });
    let failures = 0;
    const lost: unknown[] = [];
    const log = logOver(
      {
        relay: store.relay,
        commit: async (change) => {
          await store.commit(change);
          failures += 1;
          throw failure;
        },
      },
      { onLost: (error) => lost.push(error) },
    );
    const reader = await readerOf(store);
    const refused = { code: "unavailable", detail: expect.stringContaining(failure.message) };
    const together = await Promise.allSettled([log.append([pause]), log.append([interrupt])]);
    expect(together.map((outcome) => outcome.status === "rejected" && outcome.reason)).toEqual([
      expect.objectContaining(refused),
      expect.objectContaining(refused),
    ]);
    await expect(log.append([pause])).rejects.toMatchObject(refused);
    expect([failures, lost]).toEqual([2, [failure]]);
    expect(published(reader)).toMatchObject([{ kind: "ServerErrorEvent", code: "StoreUnavailable" }]);
  },
);

test("once a write has failed, no frame shows the state in memory, which is not stored", async () => {
  const store = memoryStore();
  const full = async () => {
    throw new AgentServerError("unavailable", "the disk is full");
  };
  const log = logOver({ relay: store.relay, commit: full });
  const reader = await readerOf(store);
  const writing = log.append([status("finished")]);
  log.publish({ ...status("finished"), key: "full_state" } as NewTransientEvent);
  await expect(writing).rejects.toThrow("the disk is full");
  log.publish({ ...status("finished"), key: "full_state" } as NewTransientEvent);
  await expect(log.append([pause])).rejects.toThrow("the disk is full");
  expect(published(reader)).toMatchObject([{ kind: "ServerErrorEvent", code: "StoreUnavailable" }]);
});
