import { describe, expect, it } from "vitest";
import type { BashEventStore, NewBashEvent } from "../../../src/stores/bash-events.ts";
import { BASH_EVENTS, type Frame, type TextFrame } from "../../../src/stores/frame-relay.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { readThrough } from "../../../src/stores/read-through.ts";
import { sharedRelay } from "../../../src/stores/relay/shared-relay.ts";
import type { EventStore, Store } from "../../../src/stores/store.ts";
import { A, creation, event, range } from "../../../src/testing/store-contract/sample-log.ts";
import { storeContract } from "../../../src/testing/store-contract.ts";
import { type Faults, FaultyNetwork, randomOf } from "./faulty-feed.ts";

describe("a store with a shared relay", () => {
  const checks = storeContract(() => {
    const store = memoryStore();
    return readThrough(store, { relay: sharedRelay({ store }) });
  });
  for (const { name, run } of checks.filter(({ name }) => name.startsWith("carries "))) it(name, run);
});

/** Two processes over one store: one writes a conversation, the other follows it. */
async function twoProcesses(options: { seed?: number; faults?: Faults; events?: EventStore } = {}) {
  const store = memoryStore();
  await store.commit(creation(A));
  const network = new FaultyNetwork(options.seed ?? 1, options.faults);
  const writer = sharedRelay({ store, feed: network.feed() });
  const logged: string[] = [];
  const log = (_fields: object, message: string) => logged.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  const read = { ...storeParts(store), events: options.events ?? store.events };
  const reader = sharedRelay({ store: read, feed: network.feed(), logger });
  const shown: Frame[] = [];
  const follow = () => reader.follow(A, (frame) => shown.push(frame));
  return { store, network, writer, reader, shown, follow, logged };
}

async function append(store: Store, from: number, count: number): Promise<TextFrame[]> {
  const events = range(count).map((offset) => event(from + offset));
  await store.commit({ conversationId: A, events });
  return events.map(({ seq, json }) => ({ kind: "event", seq, text: json, fence: 1 }));
}

function storeParts({ conversations, events, bashEvents }: Store) {
  return { conversations, events, bashEvents };
}

function seqsOf(frames: readonly Frame[]): number[] {
  return frames.flatMap((frame) => (frame.kind === "event" ? [frame.seq] : []));
}

const PATIENT = { timeout: 20_000, interval: 20 };

describe("whatever a feed loses, repeats and reorders", () => {
  it("events come once and in order, and other frames once, in their place, without a missing piece", async () => {
    const worlds: Faults[] = [
      {},
      { loss: 0.3 },
      { repetition: 0.5 },
      { delay: 0.5 },
      { loss: 0.3, repetition: 0.3, delay: 0.4 },
      { loss: 1 },
    ];
    await Promise.all(
      worlds.flatMap((faults, world) => range(8).map((run) => playWorld(world * 100 + run, faults))),
    );
  });

  it("frames of a claim that has ended are not shown behind those of a later one", async () => {
    const { store, writer, shown, follow } = await twoProcesses();
    await follow().begun;
    const [first] = await append(store, 0, 1);
    const delta = (fence: number, nth: number, text: string): Frame => ({
      kind: "delta",
      text,
      fence,
      place: { at: 1, nth },
    });
    const frames: Frame[] = [
      ...(first ? [first] : []),
      delta(1, 0, "of the first claim"),
      delta(2, 0, "of the second claim"),
      delta(1, 1, "late"),
      delta(2, 1, "goes on"),
    ];
    for (const frame of frames) writer.publish(A, frame);
    expect(shown.flatMap((frame) => (frame.kind === "delta" ? [frame.text] : []))).toEqual([
      "of the first claim",
      "of the second claim",
      "goes on",
    ]);
  });
});

/** Random events and other frames through a network with faults, and what a follower is shown of them. */
async function playWorld(seed: number, faults: Faults): Promise<void> {
  const random = randomOf(seed);
  const { store, network, writer, shown, follow } = await twoProcesses({ seed, faults });
  let next = 0;
  let nth = 0;
  const step = async () => {
    if (random() < 0.4) {
      const frames = await append(store, next, 1 + Math.floor(random() * 3));
      for (const frame of frames) writer.publish(A, frame);
      next += frames.length;
      nth = 0;
    } else {
      const kind = random() < 0.3 ? "transient" : "delta";
      writer.publish(A, { kind, text: `${kind} ${next}/${nth}`, fence: 1, place: { at: next, nth } });
      nth += 1;
    }
    if (random() < 0.2) await new Promise(setImmediate);
  };
  for (let count = 0; count < 20; count++) await step();
  const joined = store.conversations.find([A], []);
  const following = follow();
  await following.begun;
  for (let count = 0; count < 80; count++) await step();
  network.flush();
  const first = (await joined)[0]?.eventCount ?? -1;
  const context = `seed ${seed}, ${JSON.stringify(faults)}`;
  await expect.poll(() => seqsOf(shown).length, { ...PATIENT, message: context }).toBe(next - first);
  expect(seqsOf(shown), context).toEqual(range(next - first).map((offset) => first + offset));
  expectPlaces(shown, first, context);
  following.end();
}

function expectPlaces(shown: readonly Frame[], first: number, context: string): void {
  let at = first;
  let last: number | undefined;
  for (const frame of shown) {
    if (frame.kind === "event") at = frame.seq + 1;
    if (frame.kind === "event") last = -1;
    if (frame.kind !== "transient" && frame.kind !== "delta") continue;
    expect(frame.place?.at, `${context}: ${frame.text}`).toBe(at);
    const nth = frame.place?.nth ?? -1;
    expect(nth, `${context}: ${frame.text}`).toBeGreaterThan(last ?? -1);
    if (frame.kind === "delta" && last !== undefined) expect(nth, `${context}: ${frame.text}`).toBe(last + 1);
    last = nth;
  }
}

describe("without a feed", () => {
  it("events come from the store, and the removal of the conversation is noticed", async () => {
    const store = memoryStore();
    await store.commit({ ...creation(A), events: [event(0)] });
    const relay = sharedRelay({ store });
    const shown: Frame[] = [];
    await relay.follow(A, (frame) => shown.push(frame)).begun;
    await append(store, 1, 250);
    await expect.poll(() => seqsOf(shown).length, PATIENT).toBe(250);
    expect(seqsOf(shown)).toEqual(range(250).map((seq) => seq + 1));
    await store.remove(A);
    await expect.poll(() => shown.at(-1)?.kind, PATIENT).toBe("removed");
  });

  it.each([
    {
      name: "created again under its id",
      createdAt: "2027-01-01T00:00:00.000000Z",
      count: 5,
      end: "removed",
    },
    {
      name: "shorter than it was, as after the loss of a disk",
      createdAt: undefined,
      count: 1,
      end: "ended",
    },
  ])("a log that is $name ends its followers", async ({ createdAt, count, end }) => {
    const store = memoryStore();
    await store.commit({ ...creation(A), events: range(3).map((seq) => event(seq)) });
    const relay = sharedRelay({ store });
    const shown: Frame[] = [];
    await relay.follow(A, (frame) => shown.push(frame)).begun;
    await store.remove(A);
    const header = createdAt === undefined ? {} : { createdAt };
    await store.commit({ ...creation(A, header), events: range(count).map((seq) => event(seq)) });
    await expect.poll(() => shown.map(({ kind }) => kind), PATIENT).toEqual([end]);
  });
});

describe("a store that fails", () => {
  it("refuses a follower that has not begun", async () => {
    const { store, reader } = await twoProcesses();
    await store.close();
    const following = reader.follow(A, () => {});
    await expect(following.begun).rejects.toThrow("closed");
    following.end();
  });

  it("is waited for: what was published meanwhile comes when it is back, and its failure is reported once", async () => {
    const inner = memoryStore();
    let isBroken = false;
    let searches = 0;
    const events: EventStore = {
      ...inner.events,
      search: async (id, query) => {
        searches += 1;
        if (isBroken) throw new Error("the database is away");
        return world.store.events.search(id, query);
      },
    };
    const world = await twoProcesses({ events, faults: {} });
    const { store, writer, shown, follow, logged } = world;
    await follow().begun;
    isBroken = true;
    // The first of them are lost.
    await append(store, 0, 10);
    for (const frame of await append(store, 10, 3_000)) writer.publish(A, frame);
    await expect.poll(() => searches, PATIENT).toBeGreaterThan(1);
    expect([seqsOf(shown), searches < 10]).toEqual([[], true]);
    isBroken = false;
    await expect.poll(() => seqsOf(shown).length, PATIENT).toBe(3_010);
    expect(seqsOf(shown)).toEqual(range(3_010));
    expect(logged).toEqual([
      "The events of other servers cannot be read, and are late",
      "The events of other servers can be read again",
    ]);
  });

  it("is asked for few pages at a time, however many conversations have holes", async () => {
    const store = memoryStore();
    const ids = range(60).map((index) => `dddddddd-0000-4000-8000-${String(index).padStart(12, "0")}`);
    let pending = 0;
    let most = 0;
    const search: EventStore["search"] = async (id, query) => {
      pending += 1;
      most = Math.max(most, pending);
      await new Promise((resolve) => setTimeout(resolve, 2));
      pending -= 1;
      return store.events.search(id, query);
    };
    const relay = sharedRelay({
      store: { ...storeParts(store), events: { ...store.events, search } },
    });
    let shown = 0;
    for (const id of ids) await store.commit(creation(id));
    await Promise.all(ids.map((id) => relay.follow(id, () => (shown += 1)).begun));
    for (const id of ids) await store.commit({ conversationId: id, events: [event(0), event(1)] });
    for (const id of ids) relay.publish(id, { kind: "event", seq: 1, text: event(1).json });
    await expect.poll(() => shown, PATIENT).toBe(120);
    expect(most).toBe(4);
  });
});

describe("a feed that lies", () => {
  it.each([
    ["text that is not JSON", "{"],
    ["JSON that is not an object", '"event"'],
    ["a frame without its sender", JSON.stringify({ kind: "event", seq: 0, text: "{}" })],
    ["a place that is not a number", JSON.stringify({ from: "x", kind: "event", seq: "0", text: "{}" })],
    ["a negative place", JSON.stringify({ from: "x", kind: "event", seq: -1, text: "{}" })],
    ["a text that is not a text", JSON.stringify({ from: "x", kind: "event", seq: 0, text: {} })],
    ["half a moment", JSON.stringify({ from: "x", kind: "delta", at: 0, text: "{}" })],
    ["an event far ahead", JSON.stringify({ from: "x", kind: "event", seq: 1_000_000, text: "{}" })],
    ["a removal that has not been", JSON.stringify({ from: "x", kind: "removed" })],
    ["a kind of a later version", JSON.stringify({ from: "x", kind: "novel", seq: 0, text: "{}" })],
    ["a moment that has passed", JSON.stringify({ from: "x", kind: "delta", at: 0, nth: 0, text: "{}" })],
  ])("does no harm with %s", async (_name, text) => {
    const { store, network, writer, shown, follow } = await twoProcesses();
    await follow().begun;
    for (const frame of await append(store, 0, 2)) writer.publish(A, frame);
    network.say(A, text);
    for (const frame of await append(store, 2, 2)) writer.publish(A, frame);
    await expect.poll(() => seqsOf(shown), PATIENT).toEqual([0, 1, 2, 3]);
    expect(shown).toHaveLength(4);
  });

  it("is reported once", async () => {
    const { network, follow, logged } = await twoProcesses();
    await follow().begun;
    for (let count = 0; count < 5; count++) network.say(A, "nonsense");
    expect(logged).toEqual(["The feed brings texts that are not frames; they are ignored"]);
  });
});

it("what is too long for a feed is read from the store", async () => {
  const store = memoryStore();
  await store.commit(creation(A));
  const network = new FaultyNetwork(1);
  const sent: number[] = [];
  const feed = network.feed();
  const writer = sharedRelay({
    store,
    feed: { ...feed, maxLength: 100, publish: (name, text) => feed.publish(name, () => sized(text(), sent)) },
  });
  const reader = sharedRelay({ store, feed: network.feed() });
  const shown: Frame[] = [];
  await reader.follow(A, (frame) => shown.push(frame)).begun;
  const long = event(0, { json: JSON.stringify({ text: "x".repeat(10_000) }) });
  await store.commit({ conversationId: A, events: [long] });
  writer.publish(A, { kind: "event", seq: 0, text: long.json });
  await expect.poll(() => seqsOf(shown), PATIENT).toEqual([0]);
  expect(shown).toMatchObject([{ text: long.json }]);
  expect(sent.every((length) => length < 200)).toBe(true);
});

function sized(text: string, lengths: number[]): string {
  lengths.push(text.length);
  return text;
}

it("a lost connection is a reason to look at once, at what it carried alone", async () => {
  const store = memoryStore();
  await store.commit(creation(A));
  const asked: number[] = [];
  const conversations: Store["conversations"] = {
    ...store.conversations,
    find: (ids, documents) => {
      asked.push(ids.length);
      return store.conversations.find(ids, documents);
    },
  };
  const network = new FaultyNetwork(1);
  const relay = sharedRelay({ store: { ...storeParts(store), conversations }, feed: network.feed() });
  const shown: Frame[] = [];
  await relay.follow(A, (frame) => shown.push(frame)).begun;
  await append(store, 0, 3);
  network.say(A, undefined);
  await expect.poll(() => seqsOf(shown), PATIENT).toEqual([0, 1, 2]);
  expect(asked.every((count) => count === 1)).toBe(true);
});

it("nothing is read or followed once the last follower has gone", async () => {
  const store = memoryStore();
  await store.commit(creation(A));
  const network = new FaultyNetwork(1);
  const counted = () => {
    const reads = { count: 0 };
    const find: Store["conversations"]["find"] = (ids, documents) => {
      reads.count += 1;
      return store.conversations.find(ids, documents);
    };
    const conversations = { ...store.conversations, find };
    return {
      reads,
      relay: sharedRelay({ store: { ...storeParts(store), conversations }, feed: network.feed() }),
    };
  };
  const { reads, relay } = counted();
  const [first, second] = [relay.follow(A, () => {}), relay.follow(A, () => {})];
  await Promise.all([first.begun, second.begun]);
  await expect.poll(() => reads.count, PATIENT).toBeGreaterThan(1);
  first.end();
  first.end();
  expect(network.followed).toBe(1);
  second.end();
  expect(network.followed).toBe(0);
  const before = reads.count;
  const other = counted();
  const following = other.relay.follow(A, () => {});
  await expect.poll(() => other.reads.count, PATIENT).toBeGreaterThan(3);
  following.end();
  expect(reads.count).toBe(before);
});

it("names that are not conversations are channels: events come once, what comes back is left out", async () => {
  const store = memoryStore();
  const network = new FaultyNetwork(1, { repetition: 1 });
  const here = sharedRelay({ store, feed: network.feed() });
  const there = sharedRelay({ store, feed: network.feed() });
  const shownHere: Frame[] = [];
  const shownThere: Frame[] = [];
  const followings = [
    here.follow("stops", (frame) => shownHere.push(frame)),
    there.follow("stops", (frame) => shownThere.push(frame)),
  ];
  await Promise.all(followings.map(({ begun }) => begun));
  // Several processes write a channel, and what one has written may come after what another has written later.
  there.publish("stops", { kind: "event", seq: 7, text: "seven" });
  here.publish("stops", { kind: "event", seq: 5, text: "five" });
  expect([seqsOf(shownHere), seqsOf(shownThere)]).toEqual([
    [7, 5],
    [7, 5],
  ]);
  here.publish("stops", { kind: "transient", text: "stop" });
  expect(shownHere.filter(({ kind }) => kind === "transient")).toHaveLength(1);
  for (const { end } of followings) end();
  expect(network.followed).toBe(0);
});

describe("bash events of the server", () => {
  const command = (id: string, index: number): NewBashEvent => ({
    ...{ id, kind: "BashCommand", timestamp: `2026-01-01T00:00:0${index}.000000Z`, commandId: null },
    ...{ order: null, isFinal: false, json: JSON.stringify(id) },
  });

  it("come once from every process, whatever the feed loses, repeats and delays, and those of conversations do not", async () => {
    for (const faults of [{}, { loss: 1 }, { repetition: 1 }, { loss: 0.5, delay: 0.5 }]) {
      const store = memoryStore();
      await store.commit(creation(A));
      const network = new FaultyNetwork(7, faults);
      const [here, there] = [
        sharedRelay({ store, feed: network.feed() }),
        sharedRelay({ store, feed: network.feed() }),
      ];
      await store.bashEvents.append(null, command("before", 0));
      const shown: string[] = [];
      const following = here.follow(BASH_EVENTS, (frame) => "text" in frame && shown.push(frame.text));
      await following.begun;
      for (const [index, writer] of [here, there, there, here, there].entries()) {
        const stored = command(`event-${index}`, index + 1);
        const seq = await store.bashEvents.append(null, stored);
        if (index === 2) await store.bashEvents.append(A, command("of a conversation", 9));
        writer.publish(BASH_EVENTS, { kind: "event", seq, text: stored.json });
      }
      const all = range(5).map((index) => JSON.stringify(`event-${index}`));
      await expect.poll(() => shown, PATIENT).toEqual(all);
      following.end();
      expect(network.followed).toBe(0);
    }
  });

  it("are not shown twice when the store fails in the midst of those that are read", async () => {
    const store = memoryStore();
    let failures = 0;
    const bashEvents = {
      lastSeq: () => store.bashEvents.lastSeq(),
      async search(...[scope, query]: Parameters<BashEventStore["search"]>) {
        if (query.from !== undefined && failures++ === 0) throw new Error("the store fails");
        return store.bashEvents.search(scope, { ...query, limit: 2 });
      },
    };
    const relay = sharedRelay({ store: { ...storeParts(store), bashEvents } });
    const shown: string[] = [];
    const following = relay.follow(BASH_EVENTS, (frame) => "text" in frame && shown.push(frame.text));
    await following.begun;
    for (const index of range(5)) await store.bashEvents.append(null, command(`event-${index}`, index));
    await expect
      .poll(() => shown, PATIENT)
      .toEqual(range(5).map((index) => JSON.stringify(`event-${index}`)));
    expect(failures).toBeGreaterThan(1);
    following.end();
  });
});
