import { call, type Steps, say } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import { Adoption } from "../../../src/cluster/membership/adoption.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import type { LocalOwnership } from "../../../src/stores/local-ownership.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { NodeSeat } from "../../../src/stores/nodes/node-seat.ts";
import type { Store } from "../../../src/stores/store.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import {
  type BenchOptions,
  echoTool,
  Gate,
  logOf,
  openManager,
  send,
  start,
  until,
  waitFor,
} from "../open-manager.ts";

function openStore(): Store {
  const store = memoryStore();
  onTestFinished(() => store.close());
  return store;
}

/** A server of a cluster. `join` lets it take over what others leave. */
function openNode(store: Store, steps: Steps<LlmRequest>, options: BenchOptions & { machine?: string } = {}) {
  const { machine, ...others } = options;
  const seat = new NodeSeat(store.ownership, { machine });
  const bench = openManager({ store, seat, steps, adopts: true, cutRuns: "continue", ...others });
  const adoption = new Adoption({ seat, conversations: bench.manager, logger: silentLogger });
  onTestFinished(async () => {
    await adoption.end();
    await bench.manager.close();
  });
  return { ...bench, seat, join: () => adoption.start() };
}

/** Makes the node that holds a conversation die. */
async function killOwner(store: Store, id: string): Promise<void> {
  const owner = await store.ownership.ownerOf(id);
  await (store.ownership as LocalOwnership).bury(owner?.node ?? 0);
}

const statusOf = async ({ manager }: Pick<ReturnType<typeof openNode>, "manager">, id: string) =>
  (await manager.get(id)).execution_status;

/** A run whose tool waits when its node dies. */
async function cutInTool(store: Store, options: Parameters<typeof openNode>[2] = {}) {
  const gate = new Gate();
  const tools = new ToolRegistry([echoTool(gate)]);
  const first = openNode(store, [call("echo", { text: "hi" })], { tools, ...options });
  const id = await start(first.manager);
  await send(first.manager, id, "go");
  await gate.reached;
  return { first, id };
}

it("a run goes on at another node: its open call is answered without being run, its status stays running", async () => {
  const store = openStore();
  const { id } = await cutInTool(store);
  const second = openNode(store, [say("From the second.")]);
  await killOwner(store, id);
  second.join();
  await until(async () => (await statusOf(second, id)) === "finished");
  const log = await logOf(second.manager, id);
  const statuses = log.filter(({ key }) => key === "execution_status").map(({ value }) => value);
  expect(statuses).toEqual(["running", "finished"]);
  const answer = log.find(({ kind }) => kind === "AgentErrorEvent");
  expect(answer?.error).toMatch(/cut short/);
  expect(log.filter(({ kind }) => kind === "ActionEvent").length).toBe(1);
  expect(await second.manager.agentFinalResponse(id)).toBe("From the second.");
});

it("a run that no request asks for is taken over by one of several nodes, and asked on once", async () => {
  const store = openStore();
  const gate = new Gate();
  const first = openNode(store, [waitFor(gate)]);
  const id = await start(first.manager);
  await send(first.manager, id, "go");
  await gate.reached;
  const others = [1, 2, 3].map((number) => openNode(store, [say(`From ${number}.`)]));
  await killOwner(store, id);
  for (const other of others) other.join();
  await until(async () => (await first.manager.get(id)).execution_status === "finished");
  expect(others.map(({ llm }) => llm.requests.length).sort()).toEqual([0, 0, 1]);
});

it("a request for a run that was cut short lets it go on before any look", async () => {
  const store = openStore();
  const { id } = await cutInTool(store);
  const second = openNode(store, [say("Taken up."), say("And the rest.")]);
  await killOwner(store, id);
  await (await second.manager.open(id)).update({ title: "Seen" });
  await until(async () => (await statusOf(second, id)) === "finished");
  expect(await second.manager.agentFinalResponse(id)).toBe("Taken up.");
});

it("the third takeover in which the agent has got no further shows an error instead", async () => {
  const store = openStore();
  const { id } = await cutInTool(store);
  const asked: number[] = [];
  for (const round of [1, 2]) {
    const gate = new Gate();
    await killOwner(store, id);
    const next = openNode(store, [waitFor(gate)]);
    next.join();
    await gate.reached;
    asked.push(round);
    expect(await statusOf(next, id)).toBe("running");
  }
  await killOwner(store, id);
  const last = openNode(store, [say("Never asked.")]);
  last.join();
  await until(async () => (await statusOf(last, id)) === "error");
  expect([asked, last.llm.requests.length]).toEqual([[1, 2], 0]);
});

it("an event of the agent makes the count of takeovers begin again", async () => {
  const store = openStore();
  const { id } = await cutInTool(store);
  for (const text of ["one", "two", "three", "four"]) {
    const gate = new Gate();
    await killOwner(store, id);
    const tools = new ToolRegistry([echoTool(gate)]);
    const next = openNode(store, [call("echo", { text })], { tools });
    next.join();
    await gate.reached;
    expect(await statusOf(next, id)).toBe("running");
  }
});

it("a server that marks cut runs shows an error, as after a restart", async () => {
  const store = openStore();
  const { id } = await cutInTool(store);
  const second = openNode(store, [], { cutRuns: "mark" });
  await killOwner(store, id);
  second.join();
  await until(async () => (await statusOf(second, id)) === "error");
  expect(second.llm.requests.length).toBe(0);
});

it("no more is taken over than there are free runs; the rest waits for one", async () => {
  const store = openStore();
  const first = openNode(store, ({ signal }) => new Gate().pass(signal).then(() => say("No.")));
  const ids = await Promise.all([1, 2, 3].map(() => start(first.manager)));
  for (const id of ids) await send(first.manager, id, "go");
  await until(() => first.llm.requests.length === 3);
  const gate = new Gate();
  const second = openNode(store, waitFor(gate), { maxConcurrentRuns: 2 });
  await killOwner(store, ids[0] ?? "");
  second.join();
  await until(() => second.llm.requests.length === 2);
  expect(second.manager.freeRuns).toBe(0);
  gate.open();
  await until(async () => (await second.manager.count({ status: "finished" })) === 3);
  expect(second.llm.requests.length).toBe(3);
});

it("what was idle when its node died is given back, unread", async () => {
  const store = openStore();
  const first = openNode(store, [say("Done.")]);
  const id = await start(first.manager);
  await send(first.manager, id, "go");
  await until(async () => (await statusOf(first, id)) === "finished");
  await killOwner(store, id);
  const second = openNode(store, []);
  const log = await logOf(second.manager, id);
  const adopted = await second.seat.adopt(10);
  expect(adopted.map(({ conversationId }) => conversationId)).toEqual([id]);
  await Promise.all(adopted.map((one) => second.manager.takeOver(one)));
  expect([await store.ownership.ownerOf(id), second.manager.liveCount]).toEqual([undefined, 0]);
  expect(await logOf(second.manager, id)).toEqual(log);
});

it("a run that does not end its step in time when its server closes is dropped unwritten, and goes on elsewhere", async () => {
  const store = openStore();
  const { first, id } = await cutInTool(store, { drainWait: 20 });
  const second = openNode(store, [say("From the second.")]);
  const before = await logOf(second.manager, id);
  await first.manager.close();
  expect(await logOf(second.manager, id)).toEqual(before);
  second.join();
  await until(async () => (await statusOf(second, id)) === "finished");
  const log = await logOf(second.manager, id);
  expect(log.filter(({ kind }) => kind === "InterruptEvent")).toEqual([]);
  expect(log.filter(({ kind }) => kind === "AgentErrorEvent").length).toBe(1);
});

it("a server that closes lets its idle conversations go at once, and takes no others", async () => {
  const store = openStore();
  const gate = new Gate();
  const first = openNode(store, [say("Done."), waitFor(gate)]);
  const [idle, busy, other] = await Promise.all([1, 2, 3].map(() => start(first.manager)));
  await send(first.manager, idle ?? "", "go");
  await until(async () => (await statusOf(first, idle ?? "")) === "finished");
  await send(first.manager, busy ?? "", "go");
  await gate.reached;
  const closing = first.manager.close();
  await until(async () => (await store.ownership.ownerOf(idle ?? "")) === undefined);
  expect(await store.ownership.ownerOf(busy ?? "")).toBeDefined();
  await expect(send(first.manager, other ?? "", "go")).rejects.toMatchObject({ code: "unavailable" });
  gate.open();
  await closing;
  expect(await statusOf(first, busy ?? "")).toBe("finished");
});

it("a goal between two runs is interrupted by the death of its node, and can be resumed elsewhere", async () => {
  const store = openStore();
  const gate = new Gate();
  const first = openNode(store, [say("Worked."), waitFor(gate)]);
  const id = await start(first.manager);
  await (await first.manager.open(id)).startGoal("Everything is done");
  await gate.reached;
  await killOwner(store, id);
  const second = openNode(store, []);
  second.join();
  const goals = async () => (await logOf(second.manager, id)).filter(({ key }) => key === "goal");
  await until(async () => (await goals()).at(-1)?.value !== undefined && !isActive((await goals()).at(-1)));
  expect((await goals()).at(-1)?.value).toMatchObject({ status: "interrupted", active: false });
});

it("a run whose machine has no living node becomes an error by any other, with nothing opened", async () => {
  const store = openStore();
  const { id } = await cutInTool(boundTo(store, "east"), { machine: "east" });
  const west = openNode(store, [], { machine: "west" });
  await killOwner(store, id);
  west.join();
  await until(async () => (await statusOf(west, id)) === "error");
  expect([west.prepared, west.manager.liveCount, await store.ownership.ownerOf(id)]).toEqual([
    [],
    0,
    undefined,
  ]);
  await expect(send(west.manager, id, "go on")).rejects.toMatchObject({
    code: "unavailable",
    detail: expect.stringMatching(/machine/),
  });
});

/** A store whose new conversations are bound to a machine. */
function boundTo(store: Store, machine: string): Store {
  return {
    ...store,
    ...{ conversations: store.conversations, events: store.events, bashEvents: store.bashEvents },
    ...{ documents: store.documents, outbox: store.outbox, relay: store.relay, ownership: store.ownership },
    commit: (change) =>
      store.commit(change.create ? { ...change, create: { ...change.create, machine } } : change),
    remove: (id) => store.remove(id),
    close: () => store.close(),
  };
}

function isActive(event: Record<string, unknown> | undefined): boolean {
  return (event?.value as { active?: boolean } | undefined)?.active === true;
}
