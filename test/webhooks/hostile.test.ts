import { type Logger, memoryStore, type Store } from "agent-server";
import { createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, vi } from "vitest";
import { readThrough } from "../../src/stores/read-through.ts";
import { startReceiver } from "./receiver.ts";
import { isOver, serverFor } from "./server-for.ts";

// Everything here waits for real requests, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

describe("webhooks under attack", () => {
  it("that do not answer hold up no other webhook, however many conversations there are", async () => {
    const [dead, alive] = [await startReceiver(), await startReceiver()];
    dead.answer = () => "hang";
    const webhook = { eventBufferSize: 1, retryDelay: 0, numRetries: 0 };
    await using server = await createTestServer({
      llm: scriptedLlm(Array.from({ length: 12 }, () => say("Hello."))),
      leakCheck: false,
      maxConcurrentRuns: 20,
      patience: 60_000,
      webhooks: [dead, alive].map(({ url }) => ({ baseUrl: url, ...webhook })),
    });
    const ids = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const chat = await server.start();
        return chat.id;
      }),
    );
    const announced = () =>
      alive.taken.flatMap(({ path, body }) =>
        path === "/conversations" ? [(body as { id: string }).id] : [],
      );
    await alive.until(() => ids.every((id) => announced().includes(id)));
    expect(dead.open.most).toBeLessThanOrEqual(8);
    dead.answer = () => 200;
  });

  it("get everything once a store that failed works again", async () => {
    const disk = { isFull: true };
    const store = failingOutbox(memoryStore(), disk);
    const receiver = await startReceiver();
    const errors: string[] = [];
    const logger = { ...silent, error: (_about: object, message: string) => void errors.push(message) };
    await using server = await serverFor(receiver, { store, logger, webhook: { flushDelay: 0.1 } });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    await expect
      .poll(() => errors.join("\n"), { timeout: 60_000 })
      .toContain("Messages for a webhook cannot be read or removed");
    disk.isFull = false;
    await receiver.until(isOver(receiver));
    const { items } = await server.conversations.events.search(chat.id);
    const seen = new Set(receiver.events().map(({ id }) => id));
    expect(items.filter(({ id }) => !seen.has(id))).toEqual([]);
  });

  it("do not fail a change whose announcement cannot be stored", async () => {
    const store = failingOutbox(memoryStore(), { isFull: true });
    const receiver = await startReceiver();
    const warnings: string[] = [];
    const logger = { ...silent, warn: (_about: object, message: string) => void warnings.push(message) };
    await using server = await serverFor(receiver, { store, logger });
    const chat = await server.start();
    await (await server.conversations.open(chat.id)).update({ title: "Changed" });
    expect((await server.conversations.get(chat.id)).title).toBe("Changed");
    expect(warnings).toContain("A change is not announced to webhooks");
  });

  it("take an event of several megabytes alone, whole", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { webhook: { eventBufferSize: 100, flushDelay: 0.1 } });
    const chat = await server.start();
    const text = `${"☃".repeat(2_000_000)}end`;
    await (await server.conversations.open(chat.id)).sendMessage(text, { run: false });
    await receiver.until(() => receiver.events().some(({ kind }) => kind === "MessageEvent"));
    const batch = receiver.taken.find(({ text: sent }) => sent.length > 1_000_000);
    expect(batch?.body).toHaveLength(1);
    expect(JSON.stringify(batch?.body)).toContain(text);
  });

  it("get a log in order from two callers who write at the same moment", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { webhook: { eventBufferSize: 3, flushDelay: 0.1 } });
    const chat = await server.start();
    const conversation = await server.conversations.open(chat.id);
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => conversation.sendMessage(`message ${index}`, { run: false })),
    );
    const { items } = await server.conversations.events.search(chat.id);
    const stored = () => receiver.events().filter(({ key }) => key !== "full_state");
    await receiver.until(() => stored().length >= items.length);
    expect(stored().map(({ id }) => id)).toEqual(items.map(({ id }) => id));
  });
});

/** A store whose messages can be neither read nor added on their own while its disk is full. */
function failingOutbox(store: Store, disk: { isFull: boolean }): Store {
  const { outbox } = store;
  const refuse = () => {
    if (disk.isFull) throw new Error("the disk is full");
  };
  return {
    ...readThrough(store, {}, () => undefined),
    outbox: {
      append: async (...args) => {
        refuse();
        return outbox.append(...args);
      },
      queues: (...args) => outbox.queues(...args),
      totals: (...args) => outbox.totals(...args),
      read: async (...args) => {
        refuse();
        return outbox.read(...args);
      },
      remove: (...args) => outbox.remove(...args),
    },
  };
}
