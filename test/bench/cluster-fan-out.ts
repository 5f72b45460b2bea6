/**
 * Prints how long a message takes to 200 sockets, at the node that stores it and at another one:
 * `node test/bench/cluster-fan-out.ts`. Two processes over one Postgres, and the sockets in a third. `--redis` or
 * `--nats` with a URL: frames cross by that broker.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { natsFeed } from "../../src/cluster/feed/nats-feed.ts";
import { redisFeed } from "../../src/cluster/feed/redis-feed.ts";
import { createServer } from "../../src/server/create-server.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { createPlace, startServer, stopServer, urlOf } from "../postgres/postgres-server.ts";

const KEY = "the-key-of-clients";
const CONVERSATIONS = 4;
const SOCKETS = 200;
const MESSAGES = 40;
const ROUNDS = 3;
const PAUSE_MS = 50;

const { values: options } = parseArgs({
  options: { redis: { type: "string" }, nats: { type: "string" } },
});

if (process.send === undefined) await measure();
else await serve();

/** One node, in a process of this script. */
async function serve(): Promise<void> {
  const [connectionString = "", folder = ""] = process.env.BENCH_NODE?.split(" ") ?? [];
  const port = createHttpServer();
  port.listen(0, "127.0.0.1");
  await once(port, "listening");
  const bound = port.address();
  const number = typeof bound === "object" ? bound?.port : undefined;
  port.close();
  const address = `http://127.0.0.1:${number}`;
  const server = createServer({
    store: postgresStore({ connectionString }),
    apiKeys: [KEY],
    secretKey: "the secret key of the cluster",
    conversationsPath: folder,
    logger: "silent",
    cluster: { address, feed: await brokerFeed() },
  });
  await server.listen(number);
  process.send?.(address);
  process.once("disconnect", () => void server.close().then(() => process.exit(0)));
}

async function brokerFeed() {
  if (options.redis !== undefined) {
    const { createClient } = await import("@redis/client");
    return redisFeed(createClient({ url: options.redis }));
  }
  if (options.nats === undefined) return undefined;
  const { connect } = await import("@nats-io/transport-node");
  return natsFeed(await connect({ servers: options.nats, maxReconnectAttempts: -1 }));
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-bench-"));
  const place = await createPlace(folder, { isDurable: true });
  await startServer(place);
  const nodes: ChildProcess[] = [];
  try {
    const [near, far] = [await node(urlOf(place), folder, nodes), await node(urlOf(place), folder, nodes)];
    const ids = await Promise.all(range(CONVERSATIONS).map(() => launch(near, folder)));
    const times: Record<"near" | "far", number[]> = { near: [], far: [] };
    for (const _ of range(ROUNDS)) {
      times.near.push(...(await round(near, near, ids)));
      times.far.push(...(await round(near, far, ids)));
    }
    const load = loadavg()[0]?.toFixed(1);
    console.log(JSON.stringify({ load, near: summary(times.near), far: summary(times.far) }));
  } finally {
    for (const child of nodes) child.disconnect();
    await Promise.all(nodes.map((child) => once(child, "exit")));
    await stopServer(place, "fast");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function node(connectionString: string, folder: string, nodes: ChildProcess[]): Promise<string> {
  const child = fork(import.meta.filename, process.argv.slice(2), {
    env: { ...process.env, BENCH_NODE: `${connectionString} ${folder}` },
  });
  nodes.push(child);
  const [address] = await once(child, "message");
  return address as string;
}

async function launch(address: string, folder: string): Promise<string> {
  const answer = await post(`${address}/api/conversations`, {
    autotitle: false,
    agent: { llm: { model: "demo" }, tools: [] },
    workspace: { working_dir: folder },
  });
  return ((await answer.json()) as { id: string }).id;
}

/** Milliseconds from the sending of each message until each socket has it. */
async function round(writer: string, watched: string, ids: readonly string[]): Promise<number[]> {
  const sent = new Map<string, number>();
  const times: number[] = [];
  const sockets = await Promise.all(
    range(SOCKETS).map(async (index) => {
      const id = ids[index % ids.length];
      const socket = new WebSocket(`${watched.replace("http", "ws")}/sockets/session/${id}`, {
        headers: { "x-session-api-key": KEY },
      });
      // What greets it ends with a state; from then on it is sent everything.
      const greeted = Promise.withResolvers<void>();
      socket.on("message", (data) => {
        const text = /message-\d+-[\da-f-]+/.exec(String(data))?.[0];
        const since = text === undefined ? undefined : sent.get(text);
        if (since !== undefined && String(data).includes('"durable"')) times.push(performance.now() - since);
        if (String(data).includes('"transient"')) greeted.resolve();
      });
      await greeted.promise;
      return socket;
    }),
  );
  for (const index of range(MESSAGES)) {
    const id = ids[index % ids.length];
    const text = `message-${index}-${crypto.randomUUID()}`;
    sent.set(text, performance.now());
    const content = [{ type: "text", text: text.padEnd(1_000, " x") }];
    await post(`${writer}/api/conversations/${id}/events`, { role: "user", content, run: false });
    await sleep(PAUSE_MS);
  }
  const expected = (MESSAGES * SOCKETS) / ids.length;
  for (let waited = 0; times.length < expected && waited < 400; waited++) await sleep(50);
  if (times.length !== expected) throw new Error(`${times.length} of ${expected} frames have come`);
  for (const socket of sockets) socket.terminate();
  return times;
}

async function post(url: string, body: object): Promise<Response> {
  const headers = { "x-session-api-key": KEY, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer;
}

function summary(times: number[]): Record<string, string> {
  times.sort((left, right) => left - right);
  const at = (share: number) => `${times[Math.floor(times.length * share)]?.toFixed(1)} ms`;
  return { p50: at(0.5), p99: at(0.99) };
}

function range(count: number): number[] {
  return [...Array(count).keys()];
}
