import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore } from "agent-server";
import { prometheus } from "agent-server/prometheus";
import { call, createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { PACKAGE_VERSION } from "../../src/server/package-version.ts";
import type { LocalOwnership } from "../../src/stores/local-ownership.ts";
import { startNode } from "../cluster/forwarding/nodes.ts";
import { gateTool } from "../cluster/membership/gate-tool.ts";
import { Gate } from "../conversations/open-manager.ts";
import { keptOpen } from "../webhooks/kept-open.ts";
import { queuesOf } from "../webhooks/queues-of.ts";
import { startReceiver } from "../webhooks/receiver.ts";
import { isOver, serverFor } from "../webhooks/server-for.ts";
import { temporaryDirectory } from "../workspace/open-local.ts";
import { eventually, figuresOf } from "./figures.ts";
import { idOf, parentOf, tracing } from "./tracing.ts";

const WAITING = "agent_server_webhook_messages_waiting";
const OLDEST = "agent_server_webhook_oldest_message_seconds";
const DELIVERED = 'agent_server_webhook_messages_total{outcome="delivered"}';
const DROPPED = 'agent_server_webhook_messages_total{outcome="dropped"}';

describe("the figures of webhooks", () => {
  it("show what waits, for how long, and what was taken in the end", async () => {
    const receiver = await startReceiver();
    let isDown = true;
    receiver.answer = () => (isDown ? 503 : 200);
    const clock = fixedClock();
    await using server = await serverFor(receiver, {
      ...{ clock, metrics: prometheus() },
      webhook: { numRetries: 0, flushDelay: 0.1 },
    });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    await receiver.until(() => receiver.requests.length > 0);
    const messages = (await queuesOf(server.store)).reduce((sum, { count }) => sum + count, 0);
    clock.advance(90_000);
    const down = await figuresOf(server);
    expect(messages).toBeGreaterThan(3);
    expect([down.get(WAITING), down.get(DELIVERED), down.get(DROPPED)]).toEqual([messages, 0, 0]);
    expect(down.get(OLDEST)).toBeGreaterThanOrEqual(90);
    isDown = false;
    await receiver.until(isOver(receiver));
    await eventually(async () => {
      const up = await figuresOf(server);
      const all =
        receiver.events().length + receiver.taken.filter(({ path }) => path === "/conversations").length;
      expect([up.get(WAITING), up.get(OLDEST), up.get(DELIVERED), up.get(DROPPED)]).toEqual([0, 0, all, 0]);
    });
  });

  it("show what an earlier process has left, with its age", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => 503;
    const store = keptOpen(memoryStore());
    const clock = fixedClock();
    const webhook = { id: "w", numRetries: 0 };
    const options = { clock, store, webhook };
    {
      await using server = await serverFor(receiver, options);
      const chat = await server.start("Hi.");
      await chat.expectFinished();
    }
    clock.advance(3_600_000);
    await using server = await serverFor(receiver, { ...options, metrics: prometheus() });
    await eventually(async () => {
      const figures = await figuresOf(server);
      expect(figures.get(WAITING)).toBeGreaterThan(3);
      expect(figures.get(OLDEST)).toBeGreaterThanOrEqual(3_600);
    });
  });

  it("count what was given up because too much waited", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => 503;
    const llm = scriptedLlm([say("One."), say("Two.")]);
    await using server = await serverFor(receiver, {
      ...{ llm, metrics: prometheus() },
      webhook: { numRetries: 0, flushDelay: 0.05, maxQueueSize: 2 },
    });
    const chat = await server.start("Hi.");
    await chat.expectFinished("One.");
    await eventually(async () => expect((await figuresOf(server)).get(DROPPED)).toBeGreaterThan(0));
  });

  it("are left out of a server without webhooks", async () => {
    await using server = await createTestServer({ metrics: prometheus() });
    const figures = await figuresOf(server);
    expect([WAITING, OLDEST, DELIVERED, DROPPED].map((name) => figures.get(name))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

it("a conversation that is taken over is counted, and its run goes on within a span of that", async () => {
  const gate = new Gate();
  const { observers, one, named } = tracing();
  const llm = scriptedLlm([call("wait", {}), say("Done.")]);
  const parts = {
    ...{ store: memoryStore(), folder: await temporaryDirectory(), createLlm: () => llm },
    ...{ tools: [gateTool(gate)], observers },
  };
  const first = await startNode({ ...parts, metrics: prometheus() });
  const nodes = [first, await startNode({ ...parts, metrics: prometheus() })];
  const count = async () => {
    const texts = await Promise.all(nodes.map(async (node) => (await node.call("/metrics")).text()));
    const counts = texts.map((text) => /^agent_server_cluster_takeovers_total (\d+)$/m.exec(text)?.[1]);
    return counts.reduce((sum, number) => sum + Number(number), 0);
  };
  const started = await first.post("/api/conversations", {
    agent: { llm: { model: "scripted" }, tools: [{ name: "wait" }] },
    workspace: { working_dir: join(parts.folder, "project") },
    initial_message: { role: "user", content: [{ type: "text", text: "Go." }], run: true },
    autotitle: false,
  });
  const { id } = (await started.json()) as { id: string };
  await gate.reached;
  expect(await count()).toBe(0);
  const owner = await parts.store.ownership.ownerOf(id);
  (parts.store.ownership as LocalOwnership).bury(owner?.node ?? 0);
  gate.open();
  const takeover = await one("take_over");
  await eventually(() => expect(named("invoke_agent Agent").map(parentOf)).toContain(idOf(takeover)));
  expect(await count()).toBe(1);
});

describe("the figures of the disk and the store", () => {
  it("have the free space, and the moment of the last change", async () => {
    const folder = await mkdtemp(join(tmpdir(), "agent-server-metrics-"));
    const server = createServer({
      ...{ keyless: "loopback", logger: "silent", environment: {}, browser: false },
      conversationsPath: folder,
      createLlm: () => scriptedLlm([say("Hello.")]),
      metrics: prometheus(),
    });
    const before = await figuresOf(server);
    const MOMENT = "agent_server_store_last_commit_timestamp_seconds";
    expect(before.get(MOMENT)).toBeUndefined();
    const free = before.get("agent_server_disk_free_bytes") ?? 0;
    expect(free).toBeGreaterThan(0);
    expect(before.get("agent_server_disk_size_bytes")).toBeGreaterThan(free);
    const began = Date.now() / 1_000;
    await server.conversations.create({
      agent: { llm: { model: "scripted" }, tools: [] },
      workspace: { working_dir: folder },
    });
    const after = await figuresOf(server);
    expect(after.get(MOMENT)).toBeGreaterThanOrEqual(Math.floor(began));
    expect(after.get(`agent_server_info{version="${PACKAGE_VERSION}"}`)).toBe(1);
    await server.close();
    await rm(folder, { recursive: true });
  });

  it("leave the disk out where there is no folder on it", async () => {
    const conversationsPath = join(tmpdir(), `agent-server-nowhere-${crypto.randomUUID()}`);
    await using server = createServer({
      ...{ keyless: "loopback", logger: "silent", environment: {}, browser: false },
      ...{ conversationsPath, store: memoryStore(), metrics: prometheus() },
    });
    expect((await figuresOf(server)).has("agent_server_disk_free_bytes")).toBe(false);
  });
});
