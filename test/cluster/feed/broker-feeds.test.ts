import { connect } from "@nats-io/transport-node";
import { createClient } from "@redis/client";
import { type FrameFeed, type Logger, memoryStore, natsFeed, redisFeed, sharedRelay } from "agent-server";
import { describe, expect, it } from "vitest";
import { A, B, creation, event, range } from "../../../src/testing/store-contract/sample-log.ts";
import { Broker, brokerPath } from "./broker.ts";

const PATIENT = { timeout: 40_000, interval: 20 };

interface OpenFeed extends AsyncDisposable {
  feed: FrameFeed;
  warnings: string[];
}

function noting(warnings: string[]): Logger {
  const nothing = () => {};
  return {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (_fields, message) => warnings.push(message),
  };
}

async function overRedis({ port }: Broker): Promise<OpenFeed> {
  const warnings: string[] = [];
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  const feed = redisFeed(client, { logger: noting(warnings) });
  return { feed, warnings, [Symbol.asyncDispose]: async () => feed.close?.() };
}

async function overNats({ port }: Broker): Promise<OpenFeed> {
  const warnings: string[] = [];
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
  const feed = natsFeed(connection, { logger: noting(warnings) });
  return { feed, warnings, [Symbol.asyncDispose]: () => connection.close() };
}

const BROKERS = [
  { name: "Redis", program: brokerPath("redis"), open: overRedis },
  { name: "NATS", program: brokerPath("nats"), open: overNats },
];

describe.each(BROKERS)("a feed over $name", ({ program, open }) => {
  it.skipIf(program === undefined)(
    "carries texts of the names that are followed, in order, to every process",
    async () => {
      await using broker = await Broker.start(program ?? "");
      await using first = await open(broker);
      await using second = await open(broker);
      const taken: (string | undefined)[] = [];
      const other: (string | undefined)[] = [];
      const end = second.feed.follow(A, (text) => taken.push(text));
      second.feed.follow(B, (text) => other.push(text));
      await untilCarried(first.feed, A, taken);
      await untilCarried(first.feed, B, other);
      taken.length = 0;
      for (const count of range(500)) first.feed.publish(A, () => `text ${count} äöü\u{1f600}`);
      await expect.poll(() => taken.length, PATIENT).toBe(500);
      expect(taken).toEqual(range(500).map((count) => `text ${count} äöü\u{1f600}`));
      end();
      end();
      other.length = 0;
      first.feed.publish(A, () => "too late");
      first.feed.publish(B, () => "still followed");
      await expect.poll(() => other, PATIENT).toEqual(["still followed"]);
      expect(taken).toHaveLength(500);
    },
    90_000,
  );

  it.skipIf(program === undefined)(
    "is followed without a gap or a repetition while the broker is killed and comes back",
    async () => {
      await using broker = await Broker.start(program ?? "");
      await using first = await open(broker);
      await using second = await open(broker);
      const store = memoryStore();
      await store.commit(creation(A));
      const writer = sharedRelay({ store, feed: first.feed });
      const reader = sharedRelay({ store, feed: second.feed });
      const seqs: number[] = [];
      const following = reader.follow(A, (frame) => {
        if (frame.kind === "event") seqs.push(frame.seq);
      });
      await following.begun;
      let next = 0;
      const append = async (count: number, json = "{}") => {
        for (const _ of range(count)) {
          await store.commit({ conversationId: A, events: [event(next, { json })] });
          writer.publish(A, { kind: "event", seq: next, text: json });
          next += 1;
        }
      };
      await append(20);
      await expect.poll(() => seqs.length, PATIENT).toBe(20);
      await broker.kill();
      await append(20);
      await expect.poll(() => seqs.length, PATIENT).toBe(40);
      await expect.poll(() => second.warnings, PATIENT).toHaveLength(1);
      await broker.start();
      await append(20);
      // Longer than NATS takes.
      await append(1, JSON.stringify("x".repeat(1_200_000)));
      await append(20);
      await expect.poll(() => seqs.length, PATIENT).toBe(81);
      expect(seqs).toEqual(range(81));
      following.end();
    },
    120_000,
  );

  it.skipIf(program === undefined)(
    "throws nothing and keeps nothing while the broker is away",
    async () => {
      await using broker = await Broker.start(program ?? "");
      await using first = await open(broker);
      const taken: (string | undefined)[] = [];
      first.feed.follow(A, (text) => taken.push(text));
      await untilCarried(first.feed, A, taken);
      await broker.kill();
      await expect.poll(() => first.warnings.length, PATIENT).toBe(1);
      let made = 0;
      await expect
        .poll(() => {
          const before = made;
          for (const _ of range(100)) first.feed.publish(A, () => `made ${made++}`);
          return made - before;
        }, PATIENT)
        .toBe(0);
      taken.length = 0;
      await broker.start();
      // Back: the store is looked into, and texts come again.
      await expect.poll(() => taken[0] === undefined && taken.length > 0, PATIENT).toBe(true);
      taken.length = 0;
      await untilCarried(first.feed, A, taken);
      expect(taken.filter((text) => text?.startsWith("made"))).toEqual([]);
    },
    90_000,
  );

  it.skipIf(program === undefined)(
    "keeps nothing that is published before the loss of the broker is noticed",
    async () => {
      await using broker = await Broker.start(program ?? "");
      await using first = await open(broker);
      const taken: (string | undefined)[] = [];
      first.feed.follow(A, (text) => taken.push(text));
      await untilCarried(first.feed, A, taken);
      taken.length = 0;
      broker.killUnnoticed();
      for (const count of range(100)) first.feed.publish(A, () => `made ${count}`);
      await expect.poll(() => first.warnings.length, PATIENT).toBe(1);
      await broker.start();
      await untilCarried(first.feed, A, taken);
      expect(taken.filter((text) => text?.startsWith("made"))).toEqual([]);
    },
    90_000,
  );
});

/** A subscription takes a moment. */
async function untilCarried(feed: FrameFeed, name: string, taken: (string | undefined)[]): Promise<void> {
  await expect
    .poll(() => {
      feed.publish(name, () => "hello");
      return taken.includes("hello");
    }, PATIENT)
    .toBe(true);
  feed.publish(name, () => "last");
  await expect.poll(() => taken.at(-1), PATIENT).toBe("last");
}

it("a feed over a closed connection is silent", async () => {
  const feed = natsFeed({
    isClosed: () => true,
    publish: () => {
      throw new Error("closed");
    },
    subscribe: () => {
      throw new Error("closed");
    },
    flush: async () => {},
    async *status() {},
  });
  feed.follow(A, () => {})();
  feed.publish(A, () => "text");
  expect(feed.maxLength).toBeGreaterThan(100_000);
});
