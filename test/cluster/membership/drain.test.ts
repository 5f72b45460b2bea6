import { call, say } from "agent-server/testing";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import type { LocalOwnership } from "../../../src/stores/local-ownership.ts";
import { Gate, until } from "../../conversations/open-manager.ts";
import { jsonOf, KEY, startCluster, startNode, type TestNode } from "../forwarding/nodes.ts";
import { gateTool } from "./gate-tool.ts";

const infoOf = async (node: TestNode, id: string) =>
  jsonOf<{ execution_status: string; runtime_info: { runtime_status: string; can_resume: boolean } }>(
    await node.call(`/api/conversations/${id}`),
  );

const eventsOf = async (node: TestNode, id: string) =>
  (
    await jsonOf<{ items: Record<string, unknown>[] }>(
      await node.call(`/api/conversations/${id}/events/search?limit=100`),
    )
  ).items;

/** Sends a message as a client behind a balancer does: again, under the same id, while the answer is 503. */
async function sendUntilTaken(node: TestNode, id: string, text: string): Promise<void> {
  const headers = { "x-event-id": crypto.randomUUID() };
  const message = { role: "user", content: [{ type: "text", text }], run: true };
  await until(async () => {
    const { status } = await node.post(`/api/conversations/${id}/events`, message, headers);
    expect([200, 503]).toContain(status);
    return status === 200;
  });
}

function textIn(message: unknown): string[] {
  return (message as { content: { text: string }[] }).content.map(({ text }) => text);
}

async function socketOf(node: TestNode, id: string) {
  const url = `${node.address.replace("http", "ws")}/sockets/events/${id}?session_api_key=${KEY}`;
  const socket = new WebSocket(url);
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { closed };
}

/** Starts a run at the first node whose tool waits at the gate. */
async function runAtGate(steps: Parameters<typeof startCluster>[0] = {}) {
  const gate = new Gate();
  const cluster = await startCluster({
    steps: [call("wait", {}), say("Done.")],
    ...steps,
    options: { tools: [gateTool(gate)], ...steps.options },
  });
  const [first, second] = cluster.nodes;
  const agent = { llm: { model: "scripted" }, tools: [{ name: "wait" }] };
  const id = await cluster.start(first, { agent });
  const sent = { role: "user", content: [{ type: "text", text: "go" }], run: true };
  await first.post(`/api/conversations/${id}/events`, sent);
  await gate.reached;
  return { ...cluster, first, second, gate, id };
}

it("a server that ends lets each run end its step, and another one goes on with it", async () => {
  const { first, second, gate, id, llm } = await runAtGate();
  const ended = first.server.close();
  expect((await first.call("/ready")).status).toBe(503);
  expect((await second.call("/ready")).status).toBe(200);
  gate.open();
  await ended;
  await until(async () => (await infoOf(second, id)).execution_status === "finished");
  const events = await eventsOf(second, id);
  const kinds = events.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "ActionEvent")).toHaveLength(1);
  expect(kinds).not.toContain("AgentErrorEvent");
  const statuses = events.filter(({ key }) => key === "execution_status").map(({ value }) => value);
  expect(statuses).toEqual(["running", "finished"]);
  expect(llm.requests).toHaveLength(2);
});

it("messages that another server passes on while the owner ends are all stored once, and the run goes on", async () => {
  let asked = 0;
  const steps = () => {
    asked += 1;
    return asked === 1 ? call("wait", {}) : say("Done.");
  };
  const { first, second, gate, id } = await runAtGate({ steps });
  const texts = Array.from({ length: 8 }, (_, index) => `message ${index}`);
  const ended = first.server.close();
  const sent = Promise.all(texts.map((text) => sendUntilTaken(second, id, text)));
  gate.open();
  await Promise.all([ended, sent]);
  await until(async () => (await infoOf(second, id)).execution_status === "finished");
  const stored = (await eventsOf(second, id)).flatMap(({ kind, source, llm_message }) =>
    kind === "MessageEvent" && source === "user" ? textIn(llm_message) : [],
  );
  expect(stored.filter((text) => text !== "go").toSorted()).toEqual(texts);
});

it("sockets of a server that ends close with 1012, so that clients connect to another", async () => {
  const { first, gate, id } = await runAtGate();
  const { closed } = await socketOf(first, id);
  const ended = first.server.close();
  expect(await closed).toBe(1012);
  gate.open();
  await ended;
});

it("a server whose node has died closes its sockets with 1012, and serves again as a new node", async () => {
  const { first, second, id, store } = await runAtGate();
  const { closed } = await socketOf(first, id);
  const owner = await store.ownership.ownerOf(id);
  (store.ownership as LocalOwnership).bury(owner?.node ?? 0);
  expect(await closed).toBe(1012);
  await until(async () => (await infoOf(second, id)).execution_status === "finished");
  const title = { title: "Again" };
  const renamed = await first.call(`/api/conversations/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(title),
  });
  expect(renamed.status).toBe(200);
  expect(await infoOf(second, id)).toMatchObject(title);
});

it("a conversation of a machine that is away is missing, can be resumed, and is there again with its machine", async () => {
  const east = { about: { machine: "east" } };
  const { store, folder, nodes, start } = await startCluster({ count: 1, options: east });
  const west = await startNode({ store, folder, about: { machine: "west" } });
  const id = await start(nodes[0]);
  expect((await store.conversations.find([id], []))[0]?.machine).toBe("east");
  expect((await infoOf(west, id)).runtime_info.runtime_status).toBe("available");
  await nodes[0].server.close();
  await until(async () => (await infoOf(west, id)).runtime_info.runtime_status === "missing");
  expect((await infoOf(west, id)).runtime_info.can_resume).toBe(true);
  const refused = await west.post(`/api/conversations/${id}/events`, {
    role: "user",
    content: [{ type: "text", text: "go" }],
  });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  await startNode({ store, folder, ...east });
  await until(async () => (await infoOf(west, id)).runtime_info.runtime_status === "available");
});
