import { setTimeout as sleep } from "node:timers/promises";
import { type LlmRequest, memoryStore, type Store } from "agent-server";
import { call, type ReplyPart, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { LocalOwnership } from "../../../src/stores/local-ownership.ts";
import { FaultyNetwork } from "../../stores/relay/faulty-feed.ts";
import { jsonOf, KEY, startCluster, type TestNode } from "../forwarding/nodes.ts";
import { type Watcher, watchAt } from "./watchers.ts";

const PATIENT = { timeout: 60_000, interval: 20 };
const STEPS = 3;

const go = (node: TestNode, id: string) =>
  node.post(`/api/conversations/${id}/events`, {
    role: "user",
    content: [{ type: "text", text: "Go." }],
    run: true,
  });

const statusOf = async (node: TestNode, id: string) =>
  (await jsonOf(await node.call(`/api/conversations/${id}`))).execution_status;

/** Each run thinks a few times before it answers, with some time in between. */
async function nextStep({ messages }: LlmRequest): Promise<readonly ReplyPart[]> {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const steps = messages.slice(last).filter(({ role }) => role === "assistant").length;
  await sleep(5);
  if (steps >= STEPS) return [say("That is all there is to say.")];
  return [say("Let me think about it."), call("think", { thought: `Thought ${steps}.` })];
}

const streaming = () => {
  const llm = scriptedLlm(nextStep, { stream: true, record: false });
  return { createLlm: () => llm, maxConcurrentRuns: 16 };
};

const agent = { agent: { llm: { model: "scripted", stream: true }, tools: [] } };

function expectWhole(watchers: readonly Watcher[], count: number): void {
  for (const { seqs, closed } of watchers) {
    expect([closed, seqs]).toEqual([undefined, Array.from({ length: count }, (_, seq) => seq)]);
  }
}

/** Waits until every watcher has what is stored, or was closed. */
async function untilSeen(store: Store, id: string, watchers: readonly Watcher[]): Promise<number> {
  const count = await store.events.count(id, {});
  await expect
    .poll(() => watchers.every(({ seqs, closed }) => closed !== undefined || seqs.length >= count), PATIENT)
    .toBe(true);
  return count;
}

describe("sockets at another node than that of the run", () => {
  it("are sent each event, each piece of a reply and each state, as at that node", async () => {
    const { nodes, store, start } = await startCluster({ options: streaming() });
    const [first, second] = nodes;
    const id = await start(first, agent);
    const [near] = await watchAt(first, id, 1);
    const [far] = await watchAt(second, id, 1);
    if (near === undefined || far === undefined) throw new Error("no sockets");
    await expect
      .poll(async () => {
        await go(first, id);
        await expect.poll(() => statusOf(second, id), PATIENT).toBe("finished");
        return far.pieces.length;
      }, PATIENT)
      .toBeGreaterThan(0);
    await go(first, id);
    await expect.poll(() => far.seqs.length > 30 && far.seqs.length === near.seqs.length, PATIENT).toBe(true);
    await expect.poll(() => statusOf(second, id), PATIENT).toBe("finished");
    expectWhole([near, far], await untilSeen(store, id, [near, far]));
    await expect.poll(() => far.states.at(-1), PATIENT).toEqual(near.states.at(-1));
    expect([near.gaps, far.gaps]).toEqual([0, 0]);
  });

  it("end with the conversation", async () => {
    const { nodes, start } = await startCluster();
    const [first, second] = nodes;
    const id = await start(first);
    const [far] = await watchAt(second, id, 1);
    expect((await first.call(`/api/conversations/${id}`, { method: "DELETE" })).status).toBe(200);
    await expect.poll(() => far?.closed, PATIENT).toBe(4004);
  });

  it("see the commands of every node", async () => {
    const { nodes, folder } = await startCluster();
    const [first, second] = nodes;
    const socket = new WebSocket(`${second.address.replace("http", "ws")}/sockets/bash-events`, {
      headers: { "x-session-api-key": KEY },
    });
    const texts: string[] = [];
    socket.on("message", (data) => texts.push(String(data)));
    await new Promise((resolve) => socket.once("open", resolve));
    await expect
      .poll(async () => {
        await first.post("/api/bash/execute_bash_command", { command: "echo from afar", cwd: folder });
        return texts.some((text) => text.includes("from afar\\n"));
      }, PATIENT)
      .toBe(true);
    socket.terminate();
    const ids = texts.map((text) => (JSON.parse(text) as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("two hundred sockets at a node that runs nothing", () => {
  it("are sent each event once and in order while conversations change their node", async () => {
    await playTakeovers();
  }, 240_000);

  it("are sent each event once and in order by a feed that loses, repeats and reorders", async () => {
    const network = new FaultyNetwork(7, { loss: 0.2, repetition: 0.2, delay: 0.2 });
    await playTakeovers(network);
  }, 240_000);
});

const OF_A_CONVERSATION = 50;
const ROUNDS = 3;

/** Runs at two nodes that are taken over in the middle, watched at a third. */
async function playTakeovers(network?: FaultyNetwork): Promise<void> {
  const store = memoryStore();
  const feed = network && (() => network.feed());
  const { nodes, start } = await startCluster({ count: 3, store, feed, options: streaming() });
  const [first, second, third] = nodes;
  if (third === undefined) throw new Error("no third node");
  const ids: string[] = [];
  while (ids.length < 4) ids.push(await start(first, agent));
  const watchers = new Map<string, Watcher[]>();
  for (const id of ids) watchers.set(id, await watchAt(third, id, OF_A_CONVERSATION));
  let deaths = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = await Promise.all(ids.map((id) => store.events.count(id, {})));
    const node = round % 2 === 0 ? first : second;
    await Promise.all(ids.map((id) => untilTaken(node, id)));
    const [id = "", began = 0] = [ids[round], before[round]];
    await expect.poll(() => store.events.count(id, {}), PATIENT).toBeGreaterThan(began + 4);
    const owner = await store.ownership.ownerOf(id);
    // The third may have adopted it. Its death would end its sockets.
    if (owner === undefined || owner.address === third.address) continue;
    (store.ownership as LocalOwnership).bury(owner.node);
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(0);
  for (const id of ids) await untilFinished(second, id, store);
  for (const id of ids) {
    const ofIt = watchers.get(id) ?? [];
    const count = await untilSeen(store, id, ofIt);
    expect(count).toBeGreaterThan(20);
    expectWhole(ofIt, count);
    for (const { gaps } of ofIt) expect(gaps).toBe(0);
  }
}

/** A message may meet a node that has just died. */
async function untilTaken(node: TestNode, id: string): Promise<void> {
  await expect.poll(async () => (await go(node, id)).status, PATIENT).toBe(200);
}

/** What a node had when it died may wait for the next message. */
async function untilFinished(node: TestNode, id: string, store: Store): Promise<void> {
  await expect
    .poll(async () => {
      const status = await statusOf(node, id);
      const isRunning = status === "running" && (await store.ownership.ownerOf(id)) !== undefined;
      if (status !== "finished" && !isRunning) await go(node, id);
      return status;
    }, PATIENT)
    .toBe("finished");
}

it("the feed of a node is for nodes: a stranger is refused, also one with the key of clients", async () => {
  const { nodes } = await startCluster();
  const url = `${nodes[0].address.replace("http", "ws")}/cluster/feed`;
  const statusFor = (headers: Record<string, string>) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, { headers });
      socket.once("open", () => resolve("open"));
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.once("error", () => undefined);
    });
  const proof = `${Date.now()}.${"A".repeat(43)}`;
  expect([
    await statusFor({}),
    await statusFor({ "x-session-api-key": KEY }),
    await statusFor({ "x-agent-server-proof": proof }),
  ]).toEqual([403, 403, 403]);
});
