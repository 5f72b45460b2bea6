import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { openCluster } from "../../../cluster/harness/cluster.ts";
import { createConversation, send } from "../../conversation.ts";
import type { Figure } from "../../figure.ts";
import { median, quantile, range, rounded } from "../../statistics.ts";

const CONVERSATIONS = 4;
const SOCKETS = 200;
const MESSAGES = 40;
const ROUNDS = 3;
const PAUSE_MS = 50;
const LIMIT_MS = 30_000;

/**
 * How long a message takes to 200 sockets, at the node that stores it and at another one. With `BENCH_REDIS` or
 * `BENCH_NATS`, a URL, frames cross by that broker.
 */
export const clusterFanOut: Figure = {
  name: "cluster fan-out",
  bar: `another node adds <= 5 ms to p50, ${SOCKETS} sockets`,
  reference: false,
  async measure({ dist, folder }) {
    const { BENCH_REDIS, BENCH_NATS } = process.env;
    const cluster = await openCluster({
      nodes: 2,
      isDurable: true,
      isDirect: true,
      program: resolve(import.meta.dirname, "../../load/cluster-node.ts"),
      environment: {
        DIST: dist,
        ...(BENCH_REDIS !== undefined && { BENCH_REDIS }),
        ...(BENCH_NATS !== undefined && { BENCH_NATS }),
      },
      cwd: join(folder, "nodes"),
    });
    try {
      const [near = "", far = ""] = cluster.nodes.map(({ url }) => url);
      const ids = await Promise.all(
        range(CONVERSATIONS).map(() =>
          createConversation({ url: near, model: "http://127.0.0.1:9/v1", folder }),
        ),
      );
      const times: Record<"near" | "far", number[]> = { near: [], far: [] };
      for (const _ of range(ROUNDS)) {
        times.near.push(...(await round(near, near, ids)));
        times.far.push(...(await round(near, far, ids)));
      }
      const [nearMs, farMs] = [median(times.near), median(times.far)];
      const [nearLate, farLate] = [quantile(times.near, 0.99), quantile(times.far, 0.99)];
      return {
        shown: `${farMs.toFixed(1)}/${farLate.toFixed(0)} ms (where it is stored ${nearMs.toFixed(1)}/${nearLate.toFixed(0)} ms; p50/p99)`,
        good: farMs - nearMs <= 5,
        values: {
          far_p50_ms: rounded(farMs),
          far_p99_ms: rounded(farLate),
          near_p50_ms: rounded(nearMs),
          near_p99_ms: rounded(nearLate),
        },
      };
    } finally {
      await cluster.close();
    }
  },
};

/** Milliseconds from the sending of each message until each socket has it. */
async function round(writer: string, watched: string, ids: readonly string[]): Promise<number[]> {
  const sent = new Map<string, number>();
  const times: number[] = [];
  const take = (frame: string) => {
    const text = /message-\d+-[\da-f-]+/.exec(frame)?.[0];
    const since = text === undefined ? undefined : sent.get(text);
    if (since !== undefined && frame.includes('"durable"')) times.push(performance.now() - since);
  };
  const sockets = await Promise.all(
    range(SOCKETS).map((index) => greetedSocket(watched, ids[index % ids.length] ?? "", take)),
  );
  for (const index of range(MESSAGES)) {
    const text = `message-${index}-${crypto.randomUUID()}`;
    sent.set(text, performance.now());
    await send(writer, ids[index % ids.length] ?? "", text.padEnd(1_000, " x"), false);
    await sleep(PAUSE_MS);
  }
  const expected = (MESSAGES * SOCKETS) / ids.length;
  for (const end = performance.now() + LIMIT_MS; times.length < expected; await sleep(50)) {
    if (performance.now() > end) throw new Error(`${times.length} of ${expected} frames have come`);
  }
  for (const socket of sockets) socket.terminate();
  return times;
}

/** What greets a socket ends with a state; from then on it is sent everything. */
async function greetedSocket(url: string, id: string, take: (frame: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/session/${id}`);
  const greeted = Promise.withResolvers<void>();
  socket.on("error", greeted.reject);
  socket.on("message", (data) => {
    const frame = String(data);
    take(frame);
    if (frame.includes('"transient"')) greeted.resolve();
  });
  await greeted.promise;
  return socket;
}
