import { expect, it } from "vitest";
import { AgentServerError } from "../../src/errors.ts";
import { EventLog } from "../../src/events/event-log.ts";
import { Feeds } from "../../src/events/feeds/feeds.ts";
import { createTimestamps } from "../../src/events/timestamp.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { repeatedEvent } from "../../src/stores/refusals.ts";
import type { Change } from "../../src/stores/store.ts";
import type { NewEvent } from "../../src/wire/events/events.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const time = "2026-01-01T00:00:00.000000Z";
const pause: NewEvent = { source: "user", kind: "PauseEvent" };
const interrupt: NewEvent = { source: "user", kind: "InterruptEvent" };
const delta = {
  source: "agent",
  content: "a",
  reasoning_content: null,
  kind: "StreamingDeltaEvent",
} as const;

/** A log over a store whose commits wait for the test: each `settle` ends one of them. */
async function open() {
  const disk = memoryStore();
  const header = { status: "idle", title: null, parentId: null, createdBy: null, leafEventId: null } as const;
  await disk.commit({ conversationId: ID, create: { createdAt: time, updatedAt: time, ...header } });
  const commits: ((error?: Error) => Promise<void>)[] = [];
  const commit = (change: Change) =>
    new Promise<void>((resolve, reject) => {
      commits.push(async (error) => {
        if (error) reject(error);
        else await disk.commit(change).then(resolve, reject);
        await new Promise(setImmediate);
      });
    });
  let ids = 0;
  const clock = { now: () => Date.UTC(2026, 0, 1), newId: () => `event-${ids++}` };
  const passedOn: string[] = [];
  const lost: unknown[] = [];
  const log = new EventLog({
    conversationId: ID,
    store: { commit, relay: disk.relay },
    timestamps: createTimestamps(clock),
    newId: clock.newId,
    nextSeq: 0,
    leafEventId: null,
    onAppended: (events) => passedOn.push(...events.map(({ kind }) => kind)),
    onLost: (error) => lost.push(error),
  });
  const reader = await new Feeds(disk.relay).read(ID);
  const published = () => {
    const kinds: string[] = [];
    for (let text = reader.take(); text !== undefined; text = reader.take())
      kinds.push(JSON.parse(text).kind);
    return kinds;
  };
  return { log, passedOn, lost, published, settle: (error?: Error) => commits.shift()?.(error) };
}

it("resolves before the events are stored; readers see them, and what follows them, after that", async () => {
  const { log, passedOn, published, settle } = await open();
  await log.appendAhead([pause]);
  expect(passedOn).toEqual(["PauseEvent"]);
  log.publish(delta);
  const next = log.append([interrupt]);
  await new Promise(setImmediate);
  expect(published()).toEqual([]);
  expect(log.lastSeq).toBe(-1);
  await settle();
  expect(published()).toEqual(["PauseEvent", "StreamingDeltaEvent"]);
  expect(passedOn).toEqual(["PauseEvent"]);
  await settle();
  expect((await next).map(({ parent_id }) => parent_id)).toEqual(["event-0"]);
  expect(published()).toEqual(["InterruptEvent"]);
  expect(passedOn).toEqual(["PauseEvent", "InterruptEvent"]);
});

it("waits while earlier events are on their way, so that events are passed on in the order of the log", async () => {
  const { log, passedOn, settle } = await open();
  const first = log.append([interrupt]);
  const second = log.appendAhead([pause]);
  await new Promise(setImmediate);
  expect(passedOn).toEqual([]);
  await settle();
  await first;
  expect(passedOn).toEqual(["InterruptEvent"]);
  await settle();
  await second;
  expect(passedOn).toEqual(["InterruptEvent", "PauseEvent"]);
  await log.appendAhead([pause]);
  await log.appendAhead([pause]);
  expect(passedOn).toHaveLength(4);
});

it.each([
  ["refuses them", repeatedEvent(ID)],
  ["fails", new Error("disk full")],
])("when the store %s, every further write is refused and nothing of them is published", async (_, cause) => {
  const { log, lost, published, settle } = await open();
  await log.appendAhead([pause]);
  const next = log.append([interrupt]);
  const refused = expect(next).rejects.toSatisfy(AgentServerError.is);
  await settle(cause);
  await settle();
  await refused;
  expect(lost).toEqual([cause]);
  expect(published()).toEqual(["ServerErrorEvent"]);
  await expect(log.appendAhead([pause])).rejects.toMatchObject({ code: "unavailable" });
  await expect(log.append([pause])).rejects.toMatchObject({ code: "unavailable" });
});

it("is refused once the log is closed, which waits for what is being stored", async () => {
  const { log, published, settle } = await open();
  await log.appendAhead([pause]);
  const closed = log.close();
  await expect(log.appendAhead([interrupt])).rejects.toMatchObject({ code: "unavailable" });
  await settle();
  await closed;
  expect(published()).toEqual(["PauseEvent"]);
});

it("an event that cannot be written is refused at once, and nothing of it is shown", async () => {
  const { log, passedOn } = await open();
  const unwritable = { ...pause, extra: 1n } as unknown as NewEvent;
  await expect(log.appendAhead([unwritable])).rejects.toThrow("BigInt");
  await expect(log.append([unwritable])).rejects.toThrow("BigInt");
  expect(passedOn).toEqual([]);
});
