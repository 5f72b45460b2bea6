import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { type Logger, memoryStore, type Store } from "agent-server";
import { createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { keptOpen } from "./kept-open.ts";
import { queuesOf } from "./queues-of.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { isOver, serverFor } from "./server-for.ts";

// Everything here waits for real requests, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const isEvents = ({ path }: { path: string }) => path.startsWith("/events");

/** The events that a receiver has, each once, in the order in which it first took them. */
function ids(receiver: Receiver): string[] {
  const events = receiver.events().filter(({ key }) => key !== "full_state");
  return [...new Set(events.map(({ id }) => id))];
}

function recorder(): Logger & { texts: string[] } {
  const texts: string[] = [];
  const note = (_fields: object, message: string) => void texts.push(message);
  return { texts, debug: note, info: note, warn: note, error: note };
}

describe("a webhook that fails", () => {
  it("is tried again with the same message, as often as it is configured", async () => {
    const receiver = await startReceiver();
    receiver.answer = (received) => {
      const tries = receiver.requests.filter(isEvents).length;
      return isEvents(received) && tries <= 3 ? 500 : 200;
    };
    await using server = await serverFor(receiver, { webhook: { secret: "a text", numRetries: 3 } });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    await receiver.until(isOver(receiver));
    const [first, ...others] = receiver.requests.filter(isEvents).slice(0, 4);
    for (const other of others) {
      expect(other.text).toBe(first?.text);
      expect(other.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    }
    const { items } = await server.conversations.events.search(chat.id);
    expect(ids(receiver)).toEqual(items.map(({ id }) => id));
  });

  it("gets everything later when no attempt has succeeded, in order and without a gap", async () => {
    const receiver = await startReceiver();
    let isDown = true;
    receiver.answer = () => (isDown ? 503 : 200);
    await using server = await serverFor(receiver, { webhook: { numRetries: 0, flushDelay: 0.1 } });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    await receiver.until(() => receiver.requests.filter(isEvents).length >= 2);
    isDown = false;
    await receiver.until(isOver(receiver));
    const { items } = await server.conversations.events.search(chat.id);
    expect(ids(receiver)).toEqual(items.map(({ id }) => id));
  });

  it("holds up no run, and no end of one, when it does not answer at all", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => "hang";
    const store = memoryStore();
    const logger = recorder();
    const server = await serverFor(receiver, { store: keptOpen(store), logger, leakCheck: false });
    const chat = await server.start("Hi.");
    await chat.expectFinished(/Hello/);
    expect(receiver.taken).toEqual([]);
    // The end waits ten seconds for it, then leaves what waits in the store.
    await server.close();
    expect((await queuesOf(store)).length).toBeGreaterThan(0);
    expect(logger.texts.join("\n")).toContain("the next start sends the others");
  });

  it("that redirects has not taken anything, and its target never gets the key", async () => {
    const [receiver, other] = [await startReceiver(), await startReceiver()];
    receiver.answer = () => ({ status: 307, headers: { location: other.url } });
    await using server = await serverFor(receiver, { apiKeys: ["key"], webhook: { numRetries: 0 } });
    await (await server.start("Hi.")).expectFinished();
    await receiver.until(() => receiver.requests.length > 1);
    expect(other.requests).toEqual([]);
    receiver.answer = () => 200;
  });

  it("that answers with no HTTP is one that fails", async () => {
    const liar = createServer((socket) => void socket.resume().end("HELO\r\n\r\n"));
    await new Promise<void>((listening) => liar.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void liar.close());
    const url = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    const logger = recorder();
    await using server = await serverFor({ url }, { logger, leakCheck: false, webhook: { numRetries: 0 } });
    await (await server.start("Hi.")).expectFinished();
    await expect
      .poll(() => logger.texts.join("\n"), { timeout: 60_000 })
      .toContain("does not take its messages");
  });

  it("that answers without an end is not read to the end", async () => {
    const endless = createServer((socket) => {
      socket.on("error", () => undefined).resume();
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\nx");
    });
    await new Promise<void>((listening) => endless.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void endless.close());
    const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
    await using server = await serverFor({ url }, { leakCheck: false });
    await (await server.start("Hi.")).expectFinished();
    await expect.poll(async () => (await queuesOf(server.store)).length, { timeout: 60_000 }).toBe(0);
    const connections = () => new Promise((count) => endless.getConnections((_error, open) => count(open)));
    await expect.poll(connections, { timeout: 60_000 }).toBe(0);
  });

  it("loses its oldest messages when too many wait, and the operator is told", async () => {
    const receiver = await startReceiver();
    let isDown = true;
    receiver.answer = () => (isDown ? 500 : 200);
    const logger = recorder();
    const webhook = { numRetries: 0, flushDelay: 0.05, maxQueueSize: 3 };
    await using server = await serverFor(receiver, { logger, webhook });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    await expect
      .poll(() => logger.texts.join("\n"), { timeout: 60_000 })
      .toContain("has lost its oldest messages");
    isDown = false;
    await receiver.until(isOver(receiver));
    const { items } = await server.conversations.events.search(chat.id);
    expect(ids(receiver)).toEqual(items.map(({ id }) => id).slice(-2));
  });

  it("loses its oldest messages when they have too many bytes", async () => {
    const receiver = await startReceiver();
    let isDown = true;
    receiver.answer = () => (isDown ? 500 : 200);
    const webhook = { numRetries: 0, flushDelay: 0.05, maxQueueBytes: 1 };
    await using server = await serverFor(receiver, { webhook });
    await (await server.start("Hi.")).expectFinished();
    await expect.poll(async () => (await queuesOf(server.store)).length, { timeout: 60_000 }).toBe(0);
    isDown = false;
  });

  it("loses the oldest messages of the oldest conversations when all have too many bytes together", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => "hang";
    const webhook = { eventBufferSize: 1_000, maxTotalBytes: 60_000 };
    const llm = scriptedLlm(Array.from({ length: 12 }, () => say("Hello.")));
    await using server = await serverFor(receiver, { llm, webhook, leakCheck: false });
    const chats: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      const chat = await server.start("Hi.");
      await chat.expectFinished();
      chats.push(chat.id);
    }
    const bytes = async () => (await queuesOf(server.store)).reduce((sum, one) => sum + one.bytes, 0);
    await expect.poll(bytes, { timeout: 60_000 }).toBeLessThanOrEqual(60_000);
    const left = (await queuesOf(server.store)).map(({ queue }) => queue);
    expect(left.some((queue) => queue.includes(chats.at(-1) ?? "none"))).toBe(true);
    expect(left.some((queue) => queue.includes(chats[0] ?? ""))).toBe(false);
    receiver.answer = () => 200;
  });

  it("loses what it has not taken for a week", async () => {
    const clock = fixedClock();
    const receiver = await startReceiver();
    receiver.answer = () => 500;
    await using server = await serverFor(receiver, { clock, webhook: { numRetries: 0, flushDelay: 0.05 } });
    await (await server.start("Hi.")).expectFinished();
    await receiver.until(() => receiver.requests.length > 2);
    expect((await queuesOf(server.store)).length).toBeGreaterThan(0);
    clock.advance(8 * 24 * 3600 * 1000);
    await expect.poll(async () => (await queuesOf(server.store)).length, { timeout: 60_000 }).toBe(0);
    expect(receiver.taken).toEqual([]);
  });
});

function blindOutbox(outbox: Store["outbox"]): Store["outbox"] {
  return {
    append: (messages) => outbox.append(messages),
    queues: async () => [],
    totals: (queue) => outbox.totals(queue),
    read: (...args) => outbox.read(...args),
    remove: (...args) => outbox.remove(...args),
  };
}

describe("the end of a server", () => {
  it("sends what waits, however little it is and whatever the delay", async () => {
    const receiver = await startReceiver();
    const webhook = { eventBufferSize: 1_000, flushDelay: 3_600 };
    const server = await serverFor(receiver, { webhook });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    const { items } = await server.conversations.events.search(chat.id);
    expect(receiver.events()).toEqual([]);
    await server.close();
    expect(ids(receiver)).toEqual(items.map(({ id }) => id));
  });

  it("of a conversation in memory, and its removal, sends what waits of it", async () => {
    const receiver = await startReceiver();
    const webhook = { eventBufferSize: 1_000, flushDelay: 3_600 };
    await using server = await serverFor(receiver, { webhook, idleTtlSeconds: 60 });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    server.clock.advance(61_000);
    await server.conversations.evictIdle();
    await receiver.until(isOver(receiver));
    const other = await server.start();
    await server.conversations.delete(other.id);
    await receiver.until(() =>
      receiver.taken.some(({ path }) => path.endsWith(other.id.replaceAll("-", ""))),
    );
  });
});

describe("after a restart", () => {
  it("a message that was taken and not yet removed comes again under the same id", async () => {
    const receiver = await startReceiver();
    const store = memoryStore();
    const forgetful: Store = {
      ...keptOpen(store),
      outbox: {
        append: (messages) => store.outbox.append(messages),
        queues: (...args) => store.outbox.queues(...args),
        totals: (...args) => store.outbox.totals(...args),
        read: (...args) => store.outbox.read(...args),
        // The disk fails before what was taken is removed, as if the process had died then.
        remove: async () => Promise.reject(new Error("the disk failed")),
      },
    };
    const webhook = { secret: "a text", numRetries: 0 };
    const first = await serverFor(receiver, { store: forgetful, webhook });
    await first.start();
    await receiver.until(() => receiver.taken.length >= 2);
    await first.close();
    const idsOf = (requests: typeof receiver.taken) =>
      new Set(requests.map(({ headers }) => headers["webhook-id"]));
    const before = receiver.taken.length;
    await using _second = await serverFor(receiver, { store, webhook });
    await receiver.until(() => receiver.taken.length >= before + 2);
    expect(idsOf(receiver.taken.slice(before))).toEqual(idsOf(receiver.taken.slice(0, before)));
  });

  it("a webhook gets what was left of a conversation that is in use again before that is found", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => 500;
    const store = memoryStore();
    const webhook = { numRetries: 0 };
    const first = await serverFor(receiver, { store: keptOpen(store), webhook });
    const chat = await first.start("Hi.");
    await chat.expectFinished();
    await first.close();
    receiver.answer = () => 200;
    // This server finds no queue at its start, as if it had looked before the conversation was claimed.
    const late: Store = { ...keptOpen(store), outbox: blindOutbox(store.outbox) };
    await using second = await serverFor(receiver, { store: late, webhook, leakCheck: false });
    await (await second.conversations.open(chat.id)).update({ tags: { again: "yes" } });
    await receiver.until(isOver(receiver));
    const { items } = await second.conversations.events.search(chat.id);
    await receiver.until(() => ids(receiver).length >= items.length);
    expect(ids(receiver)).toEqual(items.map(({ id }) => id));
  });

  it("a webhook gets what an earlier server has left, before anything new", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => 500;
    const store = memoryStore();
    const webhook = { numRetries: 0 };
    const first = await serverFor(receiver, { store: keptOpen(store), webhook });
    const chat = await first.start("Hi.");
    await chat.expectFinished();
    await first.close();
    const left = (await queuesOf(store)).reduce((sum, { count }) => sum + count, 0);
    expect(left).toBeGreaterThan(4);

    receiver.answer = () => 200;
    await using second = await serverFor(receiver, { store, webhook });
    await receiver.until(isOver(receiver));
    const { items } = await second.conversations.events.search(chat.id);
    expect(ids(receiver)).toEqual(items.map(({ id }) => id));
    expect(receiver.taken.some(({ path }) => path === "/conversations")).toBe(true);
    await expect.poll(async () => (await queuesOf(store)).length, { timeout: 60_000 }).toBe(0);
  });

  it("a webhook gets the last events of a conversation that is deleted", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => 500;
    const store = memoryStore();
    const first = await serverFor(receiver, { store: keptOpen(store), webhook: { numRetries: 0 } });
    const chat = await first.start("Hi.");
    await chat.expectFinished();
    const { items } = await first.conversations.events.search(chat.id);
    await first.conversations.delete(chat.id);
    await first.close();

    receiver.answer = () => 200;
    await using _second = await serverFor(receiver, { store });
    const isDeleting = ({ body }: { body: unknown }) =>
      (body as { execution_status?: string }).execution_status === "deleting";
    await receiver.until(() => isOver(receiver)() && receiver.taken.some(isDeleting));
    expect(ids(receiver)).toEqual(items.map(({ id }) => id));
  });

  it("what waits for another webhook stays, until it is a week old", async () => {
    const receiver = await startReceiver();
    const clock = fixedClock();
    const store = memoryStore();
    const queueOf = (id: string) => `webhook:${id.repeat(32)}:events:00000000-0000-4000-8000-000000000001`;
    const week = 7 * 24 * 3600 * 1000;
    await store.outbox.append([
      { queue: queueOf("a"), json: "{}", at: clock.now() - week + 60_000 },
      { queue: queueOf("b"), json: "{}", at: clock.now() - week - 60_000 },
      { queue: "of something else", json: "{}", at: 0 },
    ]);
    await using _server = await serverFor(receiver, { store, clock });
    await expect
      .poll(async () => (await queuesOf(store)).map(({ queue }) => queue).sort(), { timeout: 60_000 })
      .toEqual(["of something else", queueOf("a")].sort());
    expect(receiver.requests).toEqual([]);
  });

  it("what a living server of the same store sends is not sent by another", async () => {
    const receiver = await startReceiver();
    const store = memoryStore();
    await using first = await serverFor(receiver, {
      store,
      webhook: { eventBufferSize: 1_000 },
      leakCheck: false,
    });
    const chat = await first.start("Hi.");
    await chat.expectFinished();
    const waiting = (await queuesOf(store)).find(({ queue }) => queue.includes(":events:"))?.count;
    await using second = await createTestServer({
      store,
      leakCheck: false,
      webhooks: [{ baseUrl: receiver.url, eventBufferSize: 1 }],
    });
    await second.conversations.get(chat.id);
    await expect
      .poll(async () => (await second.fetch(new Request("http://localhost/ready"))).status)
      .toBe(200);
    const left = (await queuesOf(store)).find(({ queue }) => queue.includes(":events:"))?.count;
    expect(left).toBe(waiting);
  });
});

describe("addresses", () => {
  it("of metadata services are never asked", async () => {
    const logger = recorder();
    const fields: object[] = [];
    const error: Logger["error"] = (about) => void fields.push(about);
    await using server = await createTestServer({
      llm: scriptedLlm([say("Hello.")]),
      logger: { ...logger, error },
      webhooks: [{ baseUrl: "http://169.254.169.254/latest", eventBufferSize: 1, numRetries: 0 }],
    });
    await (await server.start("Hi.")).expectFinished();
    await expect
      .poll(() => JSON.stringify(fields), { timeout: 60_000 })
      .toContain("is an address that this server does not open");
  });
});
