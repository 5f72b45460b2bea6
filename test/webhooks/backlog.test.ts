import { memoryStore } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { createGuardedFetch } from "../../src/outbound/guarded-fetch.ts";
import { queueName } from "../../src/webhooks/queue-name.ts";
import { Webhooks } from "../../src/webhooks/webhooks.ts";
import { generator } from "../cluster/chaos/schedule.ts";
import { queuesOf } from "./queues-of.ts";
import { startReceiver } from "./receiver.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const PATIENT = { timeout: 60_000 };
const LIMIT = 20_000;

it.each([1, 2])(
  "what is dropped while it is sent leaves nothing behind, and nothing comes out of order (seed %i)",
  async (seed) => {
    const random = generator(seed);
    const receiver = await startReceiver();
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
      return random() < 0.2 ? 204 : 503;
    };
    const store = memoryStore();
    const errors: object[] = [];
    const webhooks = new Webhooks({
      webhooks: [
        {
          ...{
            id: "a",
            baseUrl: receiver.url,
            headers: {},
            secret: null,
            eventBufferSize: 3,
            flushDelay: 0.02,
          },
          ...{ numRetries: 1, retryDelay: 0, maxQueueSize: 1_000, maxBatchBytes: 10_000 },
          ...{ maxQueueBytes: LIMIT, maxTotalBytes: LIMIT },
        },
      ],
      ...{ store, sessionKey: undefined, lookPeriod: 50, now: () => Date.now() },
      logger: {
        ...SILENT,
        error: (about, text) => void (text.includes("sent again later") || errors.push(about)),
      },
      fetch: createGuardedFetch(async () => true, null),
    });
    onTestFinished(() => webhooks.close());
    await webhooks.start();
    for (let count = 0; count < 600; count += 1) {
      const conversationId = `00000000-0000-4000-8000-${String(Math.floor(random() * 30)).padStart(12, "0")}`;
      const queue = queueName({ webhook: "a", topic: "events", conversationId });
      const text = "x".repeat(random() * 300);
      const message = { queue, json: JSON.stringify({ id: conversationId, count, text }), at: Date.now() };
      await store.outbox.append([message]);
      webhooks.of(conversationId).stored([message]);
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 5));
    }
    const bytes = async () => (await queuesOf(store)).reduce((sum, one) => sum + one.bytes, 0);
    await expect.poll(bytes, PATIENT).toBeLessThanOrEqual(LIMIT);
    receiver.answer = () => 204;
    await expect.poll(() => queuesOf(store), PATIENT).toEqual([]);
    await expect.poll(() => webhooks.totals().waiting, PATIENT).toBe(0);
    const { delivered, dropped } = webhooks.totals();
    expect(dropped).toBeGreaterThan(0);
    expect(delivered + dropped).toBeGreaterThanOrEqual(600);
    expect(errors).toEqual([]);
    for (const sent of Map.groupBy(receiver.events(), ({ id }) => id).values()) {
      const counts = sent.map(({ count }) => Number(count));
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    }
  },
  120_000,
);
