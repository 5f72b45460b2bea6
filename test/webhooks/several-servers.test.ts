import { memoryStore, type Store } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { createGuardedFetch } from "../../src/outbound/guarded-fetch.ts";
import { LocalOwnership } from "../../src/stores/local-ownership.ts";
import { queueName } from "../../src/webhooks/queue-name.ts";
import { Webhooks } from "../../src/webhooks/webhooks.ts";
import { queuesOf } from "./queues-of.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const CONVERSATION = "00000000-0000-4000-8000-000000000001";
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The webhooks of one of several servers of a store. */
function webhooksOf(store: Pick<Store, "outbox" | "ownership">, { url }: Receiver): Webhooks {
  const webhooks = new Webhooks({
    webhooks: [
      {
        ...{ id: "a", baseUrl: url, headers: {}, secret: null, eventBufferSize: 1, flushDelay: 0.05 },
        ...{ numRetries: 0, retryDelay: 0, maxQueueSize: 100, maxBatchBytes: 10_000, maxQueueBytes: 100_000 },
        maxTotalBytes: 1_000_000,
      },
    ],
    ...{ store, sessionKey: undefined, logger: SILENT, lookPeriod: 50 },
    fetch: createGuardedFetch(async () => true, null),
    now: () => Date.now(),
  });
  onTestFinished(() => webhooks.close());
  return webhooks;
}

/** Stores messages about a conversation, as a change of it does. */
async function write(store: Pick<Store, "outbox">, first: string, ...others: string[]) {
  const queue = queueName({ webhook: "a", topic: "events", conversationId: CONVERSATION });
  const toMessage = (id: string) => ({ queue, json: JSON.stringify({ id }), at: Date.now() });
  const messages = [toMessage(first), ...others.map(toMessage)] as const;
  await store.outbox.append(messages);
  return messages;
}

const idsOf = (receiver: Receiver) => receiver.events().map(({ id }) => id);

it("a living server sends what another leaves at its death, without a start", async () => {
  const receiver = await startReceiver();
  const store = memoryStore();
  const dead = await store.ownership.join();
  const [message] = await write(store, "one");
  await store.ownership.claim(dead, message.queue);
  const living = webhooksOf(store, receiver);
  await living.start();
  const looks = store.outbox.queues.bind(store.outbox);
  let looked = 0;
  store.outbox.queues = (queue) => {
    looked += 1;
    return looks(queue);
  };
  await expect.poll(() => looked).toBeGreaterThan(2);
  expect(receiver.requests).toEqual([]);
  await store.ownership.leave(dead);
  await receiver.until(() => idsOf(receiver).length > 0);
  expect(idsOf(receiver)).toEqual(["one"]);
});

it("a server does not keep a queue that another has sent while it was looked at", async () => {
  const receiver = await startReceiver();
  const store = memoryStore();
  const [{ queue }] = await write(store, "one");
  store.outbox.totals = async () => {
    await store.outbox.remove(queue, { first: 0, last: Number.MAX_SAFE_INTEGER });
    return undefined;
  };
  await webhooksOf(store, receiver).start();
  expect(await store.ownership.ownerOf(queue)).toBeUndefined();
  expect(receiver.requests).toEqual([]);
});

it("servers that start at one moment send each message once", async () => {
  const receiver = await startReceiver();
  receiver.answer = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 204;
  };
  const store = memoryStore();
  await write(store, "one", "two", "three", "four");
  await Promise.all([1, 2, 3].map(() => webhooksOf(store, receiver).start()));
  await receiver.until(() => idsOf(receiver).length >= 4);
  await expect.poll(() => queuesOf(store)).toEqual([]);
  expect(idsOf(receiver)).toEqual(["one", "two", "three", "four"]);
  expect(receiver.open.most).toBe(1);
});

it("what a server writes into a queue that another sends goes in the order of the store", async () => {
  const receiver = await startReceiver();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  receiver.answer = async () => {
    await held;
    return 204;
  };
  const store = memoryStore();
  const [first, second] = [webhooksOf(store, receiver), webhooksOf(store, receiver)];
  first.of(CONVERSATION).stored(await write(store, "one"));
  await receiver.until(() => receiver.requests.length === 1);
  second.of(CONVERSATION).stored(await write(store, "two"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(receiver.requests).toHaveLength(1);
  release();
  await receiver.until(() => idsOf(receiver).length === 2);
  expect(idsOf(receiver)).toEqual(["one", "two"]);
});

it("a server that the others count as dead claims a queue again before it goes on", async () => {
  const receiver = await startReceiver();
  const { outbox } = memoryStore();
  const ownership = new LocalOwnership();
  receiver.answer = () => 503;
  const woken = webhooksOf({ outbox, ownership }, receiver);
  const [message] = await write({ outbox }, "one");
  woken.of(CONVERSATION).stored([message]);
  await receiver.until(() => receiver.requests.length > 0);
  const owner = await ownership.ownerOf(message.queue);
  await ownership.bury(owner?.node ?? 0);
  const other = await ownership.join();
  expect(await ownership.claim(other, message.queue)).toHaveProperty("fence");
  // One that was being made may still come.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const made = receiver.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(receiver.requests).toHaveLength(made);
  receiver.answer = () => 204;
  await ownership.leave(other);
  await receiver.until(() => idsOf(receiver).length === 1);
});
