import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import type { ConversationManager } from "../../../src/conversations/conversation-manager.ts";
import { createCipher } from "../../../src/secrets/cipher.ts";
import { call } from "../../../src/testing/scripted-llm/llm-script.ts";
import { attach, Gate, logOf, openManager, send, settled, start, until, waitFor } from "../open-manager.ts";

const FORK = "0a0b0c0d-0000-4000-8000-00000000f0f0";

/** Says something and waits until the agent has answered. */
async function talk(manager: ConversationManager, id: string, words: string): Promise<void> {
  const socket = await attach(manager, id);
  await send(manager, id, words);
  await settled(socket);
  socket.close();
}

async function idOf(manager: ConversationManager, id: string, words: string): Promise<string> {
  const { items } = await manager.events.search(id, { body: words });
  return items[0]?.id ?? "";
}

it("has the events of its source under their ids, and goes its own way from there", async () => {
  const { manager, llm } = openManager({ steps: [say("One."), say("Two."), say("Three.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const { info } = await manager.fork(id);
  expect(await logOf(manager, info.id)).toEqual(await logOf(manager, id));
  await talk(manager, info.id, "second");
  expect(llm.requests[1]?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  await talk(manager, id, "other");
  expect(await manager.agentFinalResponse(info.id)).toBe("Two.");
  expect(await manager.agentFinalResponse(id)).toBe("Three.");
});

it("says where it comes from, is idle, and has what was asked for and nothing of the run of its source", async () => {
  const { manager } = openManager({ steps: [say("One.")] });
  const id = await start(manager, { tags: { a: "source" }, max_iterations: 7 });
  await (await manager.open(id)).update({ title: "Source" });
  await talk(manager, id, "first");
  const source = await manager.get(id);
  const { info } = await manager.fork(id, { id: FORK, title: "Fork", tags: { b: "fork" } });
  expect(info).toMatchObject({
    id: FORK,
    title: "Fork",
    tags: { b: "fork" },
    execution_status: "idle",
    forked_from_conversation_id: id,
    forked_from_event_id: null,
    leaf_event_id: source.leaf_event_id,
    last_user_message_id: null,
    invoked_skills: [],
    max_iterations: 7,
    workspace: source.workspace,
    agent: source.agent,
    stats: { usage_to_metrics: {} },
    runtime_info: null,
  });
  expect(info.created_at > source.created_at).toBe(true);
  const other = await manager.fork(id);
  expect(other.info).toMatchObject({ title: null, tags: {} });
});

it("ends with the event that is asked for, and has its branch alone", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two."), say("Three.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const one = await idOf(manager, id, "One.");
  await talk(manager, id, "second");
  await (await manager.open(id)).navigate(one);
  await talk(manager, id, "third");
  const fork = await manager.fork(id, { fromEventId: await idOf(manager, id, "third") });
  const log = await logOf(manager, fork.info.id);
  expect(log.map(({ kind }) => kind)).toEqual(["SystemPromptEvent", ...Array(3).fill("MessageEvent")]);
  expect(fork.info.leaf_event_id).toBe(log.at(-1)?.id);
  expect(fork.info.forked_from_event_id).toBe(log.at(-1)?.id);
  const { items } = await manager.events.search(fork.info.id, { body: "second" });
  expect(items).toEqual([]);
});

it("an unknown source, an unknown event and an id that is taken are refused", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const other = await start(manager);
  await expect(manager.fork(FORK)).rejects.toMatchObject({
    code: "not_found",
    message: "Source conversation not found",
  });
  await expect(manager.fork(id, { id: FORK, fromEventId: "nowhere" })).rejects.toMatchObject({
    code: "not_found",
    message: "Unknown from_event_id: nowhere",
  });
  await expect(manager.fork(id, { id: other })).rejects.toMatchObject({
    code: "conflict",
    message: `Conversation with id ${other} already exists`,
  });
  await expect(manager.get(FORK)).rejects.toMatchObject({ code: "not_found" });
});

it("of two forks with one id, one is made", async () => {
  const { manager } = openManager({ steps: [say("One.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const forks = [manager.fork(id, { id: FORK, title: "a" }), manager.fork(id, { id: FORK, title: "b" })];
  const outcomes = await Promise.allSettled(forks);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(outcomes[1]).toMatchObject({ reason: { code: "conflict" } });
  expect((await manager.get(FORK)).title).toBe("a");
  expect(await logOf(manager, FORK)).toEqual(await logOf(manager, id));
});

it("of forks with one id by two servers of one store, one is made", async () => {
  const one = openManager({ steps: [say("One.")] });
  const two = openManager({ store: one.store });
  const id = await start(one.manager);
  await talk(one.manager, id, "first");
  const forks = [one.manager, two.manager].map((manager) => manager.fork(id, { id: FORK }));
  const outcomes = await Promise.allSettled(forks);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await logOf(two.manager, FORK)).toEqual(await logOf(two.manager, id));
});

it("figures begin at zero, or are those of the source", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const kept = await manager.fork(id, { resetMetrics: false });
  const { stats } = await manager.get(id);
  expect(stats.usage_to_metrics?.default?.costs).toHaveLength(1);
  expect(kept.info.stats).toEqual(stats);
  const reset = await manager.fork(id);
  await talk(manager, reset.info.id, "second");
  expect((await manager.get(reset.info.id)).stats.usage_to_metrics?.default?.costs).toHaveLength(1);
});

it("while its source runs, it has what is stored, and its open call is answered and not run", async () => {
  const gate = new Gate();
  const { manager } = openManager({
    steps: [call("echo", { text: "hi" }), waitFor(gate, "One."), say("Two.")],
  });
  const id = await start(manager);
  await send(manager, id, "first");
  await gate.reached;
  const log = await logOf(manager, id);
  const action = log.find(({ kind }) => kind === "ActionEvent")?.id ?? "";
  const fork = await manager.fork(id, { fromEventId: action });
  expect(fork.info.execution_status).toBe("idle");
  gate.open();
  await until(async () => (await manager.get(id)).execution_status === "finished");
  await fork.conversation.sendMessage("go on");
  await until(async () => (await manager.get(fork.info.id)).execution_status === "finished");
  const kinds = (await logOf(manager, fork.info.id)).map(({ kind }) => kind);
  expect(kinds).toContain("AgentErrorEvent");
  expect(kinds).not.toContain("ObservationEvent");
});

it("of a source that waits for the user, its call waits no longer and is not run", async () => {
  const { manager } = openManager({ steps: [call("echo", { text: "hi" }), say("Two.")] });
  const id = await start(manager, { confirmation_policy: { kind: "AlwaysConfirm" } });
  await send(manager, id, "first");
  await until(async () => (await manager.get(id)).execution_status === "waiting_for_confirmation");
  const { info, conversation } = await manager.fork(id);
  expect(info.execution_status).toBe("idle");
  expect(info.confirmation_policy).toEqual({ kind: "AlwaysConfirm" });
  await conversation.run();
  await until(async () => (await manager.get(info.id)).execution_status === "finished");
  const kinds = (await logOf(manager, info.id)).map(({ kind }) => kind);
  expect(kinds).toContain("AgentErrorEvent");
  expect(kinds).not.toContain("ObservationEvent");
  expect((await manager.get(id)).execution_status).toBe("waiting_for_confirmation");
});

it("policy and analyzer are those that the source has now", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  await (await manager.open(id)).setConfirmationPolicy({ kind: "AlwaysConfirm" });
  await (await manager.open(id)).setSecurityAnalyzer({ kind: "LLMSecurityAnalyzer" });
  const { info } = await manager.fork(id);
  expect(info.confirmation_policy).toEqual({ kind: "AlwaysConfirm" });
  expect(info.security_analyzer).toMatchObject({ kind: "LLMSecurityAnalyzer" });
});

it("has the secrets of its source, sealed in the store", async () => {
  const cipher = createCipher("a".repeat(44));
  const { manager, store } = openManager({ cipher });
  const id = await start(manager, { secrets: { TOKEN: { kind: "StaticSecret", value: "s3cret-value" } } });
  const { info, conversation } = await manager.fork(id);
  const [record] = await store.conversations.find([info.id], ["secrets", "agent", "state", "config"]);
  expect(JSON.stringify(record)).not.toMatch(/s3cret-value|sk-model/);
  expect((await conversation.secretMask()).mask("s3cret-value")).not.toContain("s3cret");
  expect(info.secret_registry.secret_sources).toHaveProperty("TOKEN");
});

it("has the secrets of its source where there is no key to seal them with", async () => {
  const { manager } = openManager();
  const id = await start(manager, { secrets: { TOKEN: { kind: "StaticSecret", value: "s3cret-value" } } });
  const { conversation } = await manager.fork(id);
  expect((await conversation.secretMask()).mask("s3cret-value")).not.toContain("s3cret");
});

it("stays when its source is removed", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const { info } = await manager.fork(id);
  await manager.delete(id);
  await talk(manager, info.id, "second");
  expect(await manager.agentFinalResponse(info.id)).toBe("Two.");
  expect((await manager.get(info.id)).forked_from_conversation_id).toBe(id);
});

it("of a HEAD before the first event, a whole fork begins there, and a branch does not", async () => {
  const { manager, llm } = openManager({ steps: [say("One."), say("Two."), say("Three.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  await (await manager.open(id)).navigate(null);
  const whole = await manager.fork(id);
  expect(whole.info.leaf_event_id).toBeNull();
  await talk(manager, whole.info.id, "anew");
  expect(llm.requests[1]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
  const branch = await manager.fork(id, { fromEventId: await idOf(manager, id, "first") });
  await talk(manager, branch.info.id, "more");
  expect(llm.requests[2]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
  expect(JSON.stringify(llm.requests[2]?.messages.at(-1))).toMatch(/first.*more/);
});
