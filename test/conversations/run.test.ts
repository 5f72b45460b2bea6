import { call, say } from "agent-server/testing";
import { expect, it } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import { tell } from "../streams/memory-socket.ts";
import {
  attach,
  echoTool,
  Gate,
  logOf,
  openManager,
  send,
  settled,
  start,
  until,
  waitFor,
} from "./open-manager.ts";

it("tells a whole run in the order clients rely on, full_state first and last", async () => {
  const { manager } = openManager({
    steps: [call("echo", { text: "hi" }), call("finish", { message: "Bye." })],
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "Say hi");
  await settled(socket);

  expect(socket.story.filter((line) => line !== "stats")).toEqual([
    "full_state(idle)",
    "SystemPromptEvent",
    "MessageEvent",
    "last_user_message_id",
    "execution_status=running",
    "ActionEvent",
    "ObservationEvent",
    "ActionEvent",
    "ObservationEvent",
    "execution_status=finished",
    "full_state(finished)",
  ]);
  const [, prompt, message, , , action, observation] = socket.events.filter(({ key }) => key !== "stats");
  expect(prompt?.parent_id).toBeUndefined();
  expect(message?.parent_id).toBe(prompt?.id);
  expect(action?.parent_id).toBe(message?.id);
  expect(observation).toMatchObject({ parent_id: action?.id, action_id: action?.id });
  expect((await logOf(manager, id)).map((event) => tell(event as never))).not.toContain(
    "full_state(finished)",
  );
  expect((await manager.get(id)).execution_status).toBe("finished");
  expect(await manager.agentFinalResponse(id)).toBe("Bye.");
});

it("a message wakes a finished conversation; a run does not", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "first");
  await settled(socket);

  await (await manager.open(id)).run();
  await settled(socket, 2);
  const shown = socket.story.length;
  expect(socket.story.at(-1)).toBe("full_state(finished)");

  await send(manager, id, "second");
  await settled(socket, 3);
  expect(socket.story.slice(shown).filter((line) => line !== "stats")).toEqual([
    "execution_status=idle",
    "MessageEvent",
    "last_user_message_id",
    "execution_status=running",
    "MessageEvent",
    "execution_status=finished",
    "full_state(finished)",
  ]);
  expect(await manager.agentFinalResponse(id)).toBe("Two.");
});

it("refuses a second run while the agent works", async () => {
  const gate = new Gate();
  const { manager } = openManager({ steps: [waitFor(gate)] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await gate.reached;
  await expect((await manager.open(id)).run()).rejects.toMatchObject({
    code: "conflict",
    detail: "Conversation already running. Wait for completion or pause first.",
  });
  gate.open();
  await settled(socket);
});

it("answers everything at once while a tool runs, and takes messages into the run", async () => {
  const gate = new Gate();
  const { manager, llm } = openManager({
    tools: new ToolRegistry([echoTool(gate)]),
    steps: [call("echo"), say("Heard both.")],
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "one");
  await gate.reached;

  await send(manager, id, "two", false);
  await (await manager.open(id)).update({ title: "A title", tags: { a: "b" } });
  await (await manager.open(id)).setConfirmationPolicy({ kind: "NeverConfirm" });
  const late = await attach(manager, id);
  expect(late.story[0]).toBe("full_state(running)");
  expect(await manager.get(id)).toMatchObject({
    title: "A title",
    tags: { a: "b" },
    execution_status: "running",
  });

  gate.open();
  await settled(socket);
  const prompt = JSON.stringify(llm.requests.at(-1)?.messages);
  expect(prompt).toContain("one");
  expect(prompt).toContain("two");
});

it("pauses between steps: the current call ends, no other begins, and a run goes on", async () => {
  const gate = new Gate();
  const { manager, llm } = openManager({
    tools: new ToolRegistry([echoTool(gate)]),
    steps: [call("echo"), say("After the pause.")],
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await gate.reached;
  const shown = socket.story.length;
  await (await manager.open(id)).pause();
  gate.open();
  await settled(socket, 2);
  expect(socket.story.slice(shown).filter((line) => line !== "stats")).toEqual([
    "execution_status=paused",
    "PauseEvent",
    "full_state(paused)",
    "ObservationEvent",
    "full_state(paused)",
  ]);
  expect(llm.requests).toHaveLength(1);

  await (await manager.open(id)).run();
  await settled(socket, 3);
  expect(await manager.agentFinalResponse(id)).toBe("After the pause.");
});

it("a run asked for while a paused step still ends follows that step", async () => {
  const gate = new Gate();
  const { manager } = openManager({ steps: [waitFor(gate), call("finish", { message: "Went on." })] });
  const id = await start(manager);
  await send(manager, id, "go");
  await gate.reached;
  await (await manager.open(id)).pause();
  await (await manager.open(id)).run();
  gate.open();
  await until(async () => (await manager.get(id)).execution_status === "finished");
});

it("a pause calls off the run that a message asked for", async () => {
  const gate = new Gate();
  const { manager, llm } = openManager({ steps: [waitFor(gate), say("Not to be said.")] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await gate.reached;
  await send(manager, id, "and this");
  await (await manager.open(id)).pause();
  gate.open();
  await settled(socket, 2);
  expect((await manager.get(id)).execution_status).toBe("paused");
  expect(llm.requests).toHaveLength(1);
});

it("interrupts a tool at once, answers its call and tells the state twice", async () => {
  const gate = new Gate();
  const { manager } = openManager({
    tools: new ToolRegistry([echoTool(gate)]),
    steps: [call("echo"), say("Going on.")],
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await gate.reached;
  const shown = socket.story.length;
  await (await manager.open(id)).interrupt();
  await settled(socket, 2);
  expect(socket.story.slice(shown)).toEqual([
    "AgentErrorEvent",
    "execution_status=paused",
    "InterruptEvent",
    "full_state(paused)",
    "full_state(paused)",
  ]);
  await (await manager.open(id)).run();
  await settled(socket, 3);
  expect((await manager.get(id)).execution_status).toBe("finished");
});

it("interrupts a model call; without a run it pauses", async () => {
  const { manager } = openManager({ steps: [waitFor(new Gate())] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await until(() => socket.story.includes("execution_status=running"));
  await (await manager.open(id)).interrupt();
  expect((await manager.get(id)).execution_status).toBe("paused");

  const idle = await start(manager);
  await (await manager.open(idle)).interrupt();
  expect((await logOf(manager, idle)).map(({ kind }) => kind)).toEqual([
    "ConversationStateUpdateEvent",
    "PauseEvent",
  ]);
});

it("tells a model's failure as an error of the conversation, from which a run goes on", async () => {
  const failure = Object.assign(new Error("No such key"), { name: "LLMAuthenticationError" });
  const { manager } = openManager({ steps: [failure, say("Better.")] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await settled(socket);
  expect(socket.story.slice(-4)).toEqual([
    "execution_status=running",
    "execution_status=error",
    "ConversationErrorEvent",
    "full_state(error)",
  ]);
  expect(socket.events.at(-2)).toMatchObject({ code: "LLMAuthenticationError", detail: "No such key" });
  await (await manager.open(id)).run();
  await settled(socket, 2);
  expect((await manager.get(id)).execution_status).toBe("finished");
});

it("the log says why a run failed in the same commit that says it failed", async () => {
  const store = memoryStore();
  const commits: string[] = [];
  const { manager } = openManager({
    store: {
      ...store,
      commit: (change) => {
        commits.push((change.events ?? []).map(({ json }) => tell(JSON.parse(json))).join(", "));
        return store.commit(change);
      },
    },
    steps: [new Error("Broken")],
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await settled(socket);
  expect(commits).toContain("execution_status=error, ConversationErrorEvent");
});

it("a model that cannot be made is an error of the run, not of the server", async () => {
  const { manager } = openManager({
    createLlm: () => {
      throw new Error("Unknown provider 'nowhere'");
    },
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await settled(socket);
  expect(socket.story.at(-1)).toBe("full_state(error)");
  expect(socket.events.find(({ kind }) => kind === "ConversationErrorEvent")?.detail).toContain("nowhere");
});

it("waits for confirmation; yes carries out, no answers and leaves the agent alone", async () => {
  const { manager, llm } = openManager({ steps: [call("echo"), call("echo")] });
  const id = await start(manager, { confirmation_policy: { kind: "AlwaysConfirm" } });
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await settled(socket);
  expect(socket.story.slice(-3)).toEqual([
    "ActionEvent",
    "execution_status=waiting_for_confirmation",
    "full_state(waiting_for_confirmation)",
  ]);

  await (await manager.open(id)).respondToConfirmation({ accept: true, reason: "" });
  await settled(socket, 2);
  expect(socket.story).toContain("ObservationEvent");
  expect(socket.story.at(-1)).toBe("full_state(waiting_for_confirmation)");

  const shown = socket.story.length;
  await (await manager.open(id)).respondToConfirmation({ accept: false, reason: "Not that." });
  await until(() => socket.story.includes("UserRejectObservation"));
  expect(socket.story.slice(shown)).toEqual(["execution_status=idle", "UserRejectObservation"]);
  expect(socket.events.at(-1)).toMatchObject({ rejection_reason: "Not that." });
  expect(llm.requests).toHaveLength(2);
});

it("a run of a conversation in which nothing was said asks no model and leaves it idle", async () => {
  const { manager, llm } = openManager();
  const id = await start(manager);
  const socket = await attach(manager, id);
  await (await manager.open(id)).run();
  await until(() => socket.story.filter((line) => line === "full_state(idle)").length === 2);
  expect(socket.story).toEqual(["full_state(idle)", "SystemPromptEvent", "full_state(idle)"]);
  expect(llm.requests).toEqual([]);
  await send(manager, id, "Now");
  await until(() => socket.story.at(-1) === "full_state(finished)");
});

it("a run waits for its turn where there is a queue", async () => {
  const first = new Gate();
  const second = new Gate();
  const { manager, llm } = openManager({
    maxConcurrentRuns: 1,
    maxQueuedRuns: 1,
    steps: [waitFor(first), waitFor(second)],
  });
  const one = await start(manager);
  const two = await start(manager);
  await send(manager, one, "go");
  await first.reached;
  await send(manager, two, "go");
  expect(llm.requests).toHaveLength(1);
  first.open();
  await second.reached;
  second.open();
  await until(async () => (await manager.count({ status: "finished" })) === 2);
});

it("counts tokens and cost for each model and keeps single calls", async () => {
  const { manager } = openManager({ steps: [call("echo"), say("Done.")] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await settled(socket);
  const update = socket.events.findLast(({ key }) => key === "stats")?.value as object;
  const account = { model_name: "scripted", accumulated_cost: 1 };
  expect(update).toMatchObject({ usage_to_metrics: { default: account } });
  expect(JSON.stringify(update)).not.toContain("token_usages");
  const { stats } = await manager.get(id);
  expect(stats.usage_to_metrics?.default).toMatchObject({
    ...account,
    accumulated_token_usage: { prompt_tokens: 200, completion_tokens: 20, per_turn_token: 110 },
  });
  expect(stats.usage_to_metrics?.default?.token_usages).toHaveLength(2);
});

it("shows the single calls of a run while it goes on, to requests and to new sockets", async () => {
  const gate = new Gate();
  const { manager } = openManager({ steps: [call("echo"), waitFor(gate)] });
  const id = await start(manager);
  await send(manager, id, "go");
  await gate.reached;
  const { stats } = await manager.get(id);
  expect(stats.usage_to_metrics?.default?.token_usages).toHaveLength(1);
  const socket = await attach(manager, id);
  await until(() => socket.story.length > 0);
  expect(socket.events[0]?.value).toMatchObject({
    execution_status: "running",
    stats: { usage_to_metrics: { default: { token_usages: [{}], costs: [{}] } } },
  });
  gate.open();
  await settled(socket);
});

it("shows a run of another server of the store with the single calls of the runs before", async () => {
  const store = memoryStore();
  const gate = new Gate();
  const running = openManager({ store, steps: [say("One."), call("echo"), waitFor(gate)] });
  const id = await start(running.manager);
  const socket = await attach(running.manager, id);
  await send(running.manager, id, "one");
  await settled(socket);
  await send(running.manager, id, "two");
  await gate.reached;
  const other = openManager({ store });
  const { stats } = await other.manager.get(id);
  expect(stats.usage_to_metrics?.default?.token_usages).toHaveLength(1);
  expect(other.manager.liveCount).toBe(0);
  gate.open();
});
