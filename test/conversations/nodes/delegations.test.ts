import { call, say } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import { Adoption } from "../../../src/cluster/membership/adoption.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import type { LocalOwnership } from "../../../src/stores/local-ownership.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { NodeSeat } from "../../../src/stores/nodes/node-seat.ts";
import type { Store } from "../../../src/stores/store.ts";
import type { Step } from "../../../src/testing/scripted-llm/llm-script.ts";
import { namedTools } from "../../../src/tools/catalogue.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import { echoTool, Gate, logOf, openManager, send, start, until, waitFor } from "../open-manager.ts";
import { type Answers, MARK, promptText, taskOf } from "../sub-agents/delegating.ts";

const TASK = call("task", { prompt: `${MARK}: count the files` });
const PLAIN = [{ name: "general-purpose", tools: ["echo"] }];
const ALWAYS_CONFIRM = [{ name: "general-purpose", tools: ["echo"], permission_mode: "always_confirm" }];

/** A server of a cluster whose agent and sub-agents have these models. It waits at its end for as long as it takes. */
function openNode(store: Store, models: { agent: Answers; child: Answers }) {
  const seat = new NodeSeat(store.ownership);
  const steps = (request: LlmRequest): Step<LlmRequest> | Promise<Step<LlmRequest>> => {
    const turn = request.messages.filter(({ role }) => role === "assistant").length;
    return (taskOf(request).startsWith(MARK) ? models.child : models.agent)(turn, request);
  };
  const tools = new ToolRegistry([echoTool(), ...namedTools()]);
  const cluster = { seat, adopts: true, cutRuns: "continue", drainWait: 3_600_000 } as const;
  const { manager, llm } = openManager({ store, steps, tools, ...cluster });
  const adoption = new Adoption({ seat, conversations: manager, logger: silentLogger });
  onTestFinished(async () => {
    await adoption.end();
    await manager.close();
    await seat.leave();
  });
  return { manager, llm, seat, join: () => adoption.start() };
}

async function startRun({ manager }: ReturnType<typeof openNode>, fields: object): Promise<string> {
  const tools = ["echo", "task"].map((name) => ({ name }));
  const agent = { llm: { model: "scripted", api_key: "sk-model" }, tools };
  const id = await start(manager, { agent, ...fields });
  await send(manager, id, "Go.");
  return id;
}

/** A sub-agent whose model answers once the gate is open. */
function waiting(gate: Gate): Answers {
  return (_turn, request) => waitFor(gate, "Three.")(request);
}

const statusOf = async ({ manager }: ReturnType<typeof openNode>, id: string) =>
  (await manager.get(id)).execution_status;

/** The results of calls, as JSON. */
function resultsIn(log: Awaited<ReturnType<typeof logOf>>): string[] {
  const results = log.filter(({ kind }) => kind === "ObservationEvent" || kind === "AgentErrorEvent");
  return results.map((event) => JSON.stringify(event));
}

async function killOwner(store: Store, id: string): Promise<void> {
  const owner = await store.ownership.ownerOf(id);
  await (store.ownership as LocalOwnership).bury(owner?.node ?? 0);
}

function openStore(): Store {
  const store = memoryStore();
  onTestFinished(() => store.close());
  return store;
}

it("a task of a server that dies is answered as cut short, and no sub-agent works again unasked", async () => {
  const store = openStore();
  const gate = new Gate();
  const first = openNode(store, { agent: () => TASK, child: waiting(gate) });
  const id = await startRun(first, { agent_definitions: PLAIN });
  await gate.reached;
  const second = openNode(store, { agent: () => say("It was cut short."), child: () => say("Again.") });
  await killOwner(store, id);
  second.join();
  await until(async () => (await statusOf(second, id)) === "finished");
  const log = await logOf(second.manager, id);
  expect(log.filter(({ kind }) => kind === "ActionEvent")).toHaveLength(1);
  expect(resultsIn(log)).toEqual([expect.stringContaining("was working")]);
  expect(second.llm.requests.filter((request) => taskOf(request).startsWith(MARK))).toEqual([]);
  expect(await second.manager.agentFinalResponse(id)).toBe("It was cut short.");
});

it("a task that was cut short by a death can be resumed at the server that took it over", async () => {
  const store = openStore();
  const gate = new Gate();
  const first = openNode(store, { agent: () => TASK, child: waiting(gate) });
  const id = await startRun(first, { agent_definitions: PLAIN });
  await gate.reached;
  const resume = call("task", { prompt: "Go on.", resume: "task_00000001" });
  const second = openNode(store, {
    agent: (turn) => (turn === 1 ? resume : say("Done.")),
    child: () => say("There are three."),
  });
  await killOwner(store, id);
  second.join();
  await until(async () => (await statusOf(second, id)) === "finished");
  const asked = second.llm.requests.filter((request) => taskOf(request).startsWith(MARK)).map(promptText);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/count the files[\s\S]*Go on\./);
  expect(JSON.stringify(await logOf(second.manager, id))).toContain("There are three.");
});

it("a run that asks about calls of a sub-agent is handed over at once, however long its server would wait", async () => {
  const store = openStore();
  const ask = call("echo", { text: "deleted" });
  const first = openNode(store, { agent: () => TASK, child: () => ask });
  const id = await startRun(first, { agent_definitions: ALWAYS_CONFIRM });
  await until(async () => (await statusOf(first, id)) === "waiting_for_confirmation");
  const second = openNode(store, { agent: () => say("It was not answered."), child: () => say("Again.") });
  await first.manager.close();
  await first.seat.leave();
  second.join();
  await until(async () => (await statusOf(second, id)) === "finished");
  expect((await second.manager.get(id)).agent_state).not.toHaveProperty("sub_agent_confirmation");
  const log = await logOf(second.manager, id);
  expect(resultsIn(log)).toEqual([expect.stringContaining("was working")]);
  expect(JSON.stringify(log)).not.toContain("echo: deleted");
});

it("a run that begins to ask about calls of a sub-agent while its server ends is handed over, too", async () => {
  const store = openStore();
  const gate = new Gate();
  const ask = async ({ signal }: LlmRequest) => {
    await gate.pass(signal);
    return call("echo", { text: "deleted" });
  };
  const first = openNode(store, { agent: () => TASK, child: (_, request) => ask(request) });
  const id = await startRun(first, { agent_definitions: ALWAYS_CONFIRM });
  await gate.reached;
  const second = openNode(store, { agent: () => say("It was not answered."), child: () => say("Again.") });
  const closed = first.manager.close();
  gate.open();
  await closed;
  await first.seat.leave();
  second.join();
  await until(async () => (await statusOf(second, id)) === "finished");
  expect(await second.manager.agentFinalResponse(id)).toBe("It was not answered.");
});
