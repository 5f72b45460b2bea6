import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import type { ConversationManager } from "../../../src/conversations/conversation-manager.ts";
import { call } from "../../../src/testing/scripted-llm/llm-script.ts";
import { ended, OBJECTIVE, openGoal, verdict } from "../live/goal/open-goal.ts";
import { attach, Gate, logOf, openManager, send, settled, start, until, waitFor } from "../open-manager.ts";

/** Says something and waits until the agent has answered. */
async function talk(manager: ConversationManager, id: string, words: string): Promise<void> {
  const socket = await attach(manager, id);
  await send(manager, id, words);
  await settled(socket);
  socket.close();
}

async function reach(manager: ConversationManager, id: string, status: string): Promise<void> {
  await until(async () => (await manager.get(id)).execution_status === status);
}

async function navigate(manager: ConversationManager, id: string, eventId: string | null): Promise<void> {
  await (await manager.open(id)).navigate(eventId);
}

/** The messages of the log by their text. */
async function messages(manager: ConversationManager, id: string) {
  const log = await logOf(manager, id);
  const found = log.filter(({ kind }) => kind === "MessageEvent");
  return new Map(found.map((event) => [textOf(event), event]));
}

function textOf(event: Record<string, unknown>): string {
  return (event.llm_message as { content: { text: string }[] }).content[0]?.text ?? "";
}

/** The texts of a prompt, without that of the system. */
function wordsOf(request: { messages: readonly { role: string; content: readonly object[] }[] } | undefined) {
  return request?.messages
    .filter(({ role }) => role !== "system")
    .map(({ content }) => JSON.stringify(content));
}

it("the next message continues from the event, and the model sees that branch alone", async () => {
  const { manager, llm } = openManager({ steps: [say("One."), say("Two."), say("Three.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  await talk(manager, id, "second");
  const before = await messages(manager, id);
  const one = before.get("One.")?.id ?? "";
  await navigate(manager, id, one);
  expect((await manager.get(id)).leaf_event_id).toBe(one);
  await talk(manager, id, "other");
  const after = await messages(manager, id);
  expect(after.get("other")?.parent_id).toBe(one);
  expect(after.size).toBe(6);
  const words = wordsOf(llm.requests[2]);
  expect(words).toHaveLength(3);
  expect(words?.join()).toMatch(/first.*One.*other/);
  expect(words?.join()).not.toMatch(/second|Two/);
});

it("before the first event, the next message begins anew, under instructions again", async () => {
  const { manager, llm } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  await navigate(manager, id, null);
  const info = await manager.get(id);
  expect(info.leaf_event_id).toBeNull();
  await talk(manager, id, "anew");
  const prompts = (await logOf(manager, id)).filter(({ kind }) => kind === "SystemPromptEvent");
  expect(prompts.map(({ parent_id }) => parent_id)).toEqual([undefined, "__root__"]);
  expect(llm.requests[1]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
});

it("an event that is not in the log is unknown, and HEAD stays", async () => {
  const { manager } = openManager({ steps: [say("One.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const { leaf_event_id: leaf } = await manager.get(id);
  await expect(navigate(manager, id, "nowhere")).rejects.toMatchObject({
    code: "not_found",
    message: "Unknown event_id: nowhere",
  });
  expect((await manager.get(id)).leaf_event_id).toBe(leaf);
});

it("nothing is removed, and no event shows the move", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const before = await logOf(manager, id);
  const { updated_at: updated } = await manager.get(id);
  await navigate(manager, id, before[0]?.id ?? "");
  expect(await logOf(manager, id)).toEqual(before);
  expect((await manager.get(id)).updated_at).toBe(updated);
});

it("watchers are shown the state with the new HEAD", async () => {
  const { manager } = openManager({ steps: [say("One.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const socket = await attach(manager, id);
  const first = (await logOf(manager, id))[0]?.id ?? "";
  await navigate(manager, id, first);
  await until(() => socket.frames.length > 1);
  const state = JSON.parse(String(socket.frames.at(-1))) as { value: { leaf_event_id: string } };
  expect(state.value.leaf_event_id).toBe(first);
});

it("during a run HEAD does not move", async () => {
  const gate = new Gate();
  const { manager } = openManager({ steps: [waitFor(gate, "One.")] });
  const id = await start(manager);
  await send(manager, id, "first");
  await gate.reached;
  const first = (await logOf(manager, id))[0]?.id ?? "";
  await expect(navigate(manager, id, first)).rejects.toMatchObject({ code: "conflict" });
  gate.open();
  await reach(manager, id, "finished");
  expect((await manager.get(id)).leaf_event_id).toBe((await messages(manager, id)).get("One.")?.id);
});

it("while a goal is pursued, HEAD does not move between its runs either", async () => {
  const gate = new Gate();
  const { manager } = openGoal([say("One.")], [waitFor(gate, verdict(1, true))]);
  const id = await start(manager);
  await (await manager.open(id)).startGoal(OBJECTIVE);
  await gate.reached;
  await expect(navigate(manager, id, null)).rejects.toMatchObject({ code: "conflict" });
  gate.open();
  await ended(manager, id);
  await navigate(manager, id, null);
});

it("calls that wait on the branch that is left wait no longer, and are not run on the other", async () => {
  const { manager, llm } = openManager({ steps: [call("echo", { text: "hi" }), say("Two.")] });
  const id = await start(manager, { confirmation_policy: { kind: "AlwaysConfirm" } });
  await send(manager, id, "first");
  await reach(manager, id, "waiting_for_confirmation");
  const first = (await messages(manager, id)).get("first")?.id ?? "";
  await navigate(manager, id, first);
  expect((await manager.get(id)).execution_status).toBe("idle");
  await expect((await manager.open(id)).respondToConfirmation({ accept: true })).rejects.toMatchObject({
    code: "conflict",
  });
  await (await manager.open(id)).run();
  await reach(manager, id, "finished");
  const log = await logOf(manager, id);
  expect(log.filter(({ kind }) => kind === "ObservationEvent")).toEqual([]);
  expect(log.filter(({ kind }) => kind === "UserRejectObservation")).toEqual([]);
  expect(llm.requests[1]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
});

it("calls that wait go on waiting when HEAD stays with them", async () => {
  const { manager } = openManager({ steps: [call("echo", { text: "hi" }), say("Two.")] });
  const id = await start(manager, { confirmation_policy: { kind: "AlwaysConfirm" } });
  await send(manager, id, "first");
  await reach(manager, id, "waiting_for_confirmation");
  const { leaf_event_id: leaf } = await manager.get(id);
  await navigate(manager, id, leaf);
  expect((await manager.get(id)).execution_status).toBe("waiting_for_confirmation");
  await (await manager.open(id)).respondToConfirmation({ accept: true });
  await reach(manager, id, "finished");
  expect((await logOf(manager, id)).filter(({ kind }) => kind === "ObservationEvent")).toHaveLength(1);
});

it("a call that HEAD is moved to is answered, and not run a second time", async () => {
  const { manager } = openManager({ steps: [call("echo", { text: "hi" }), say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const action = (await logOf(manager, id)).find(({ kind }) => kind === "ActionEvent");
  await navigate(manager, id, action?.id ?? "");
  await send(manager, id, "again");
  await reach(manager, id, "finished");
  await until(async () => (await messages(manager, id)).has("Two."));
  const log = await logOf(manager, id);
  expect(log.filter(({ kind }) => kind === "ObservationEvent")).toHaveLength(1);
  const errors = log.filter(({ kind }) => kind === "AgentErrorEvent");
  expect(errors).toHaveLength(1);
});

it("the final response is that of the active branch", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  await talk(manager, id, "second");
  expect(await manager.agentFinalResponse(id)).toBe("Two.");
  await navigate(manager, id, (await messages(manager, id)).get("second")?.id ?? "");
  expect(await manager.agentFinalResponse(id)).toBe("One.");
  await navigate(manager, id, null);
  expect(await manager.agentFinalResponse(id)).toBe("");
});

it("searches and counts show the events of all branches", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  await navigate(manager, id, null);
  await talk(manager, id, "anew");
  const { items } = await manager.events.search(id, { kind: "MessageEvent" });
  expect(items.map((event) => textOf(event as never))).toEqual(["first", "One.", "anew", "Two."]);
  expect(await manager.events.count(id, { kind: "MessageEvent" })).toBe(4);
});

it("HEAD is where it was after the conversation has left memory", async () => {
  const first = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(first.manager);
  await talk(first.manager, id, "first");
  await talk(first.manager, id, "second");
  const one = (await messages(first.manager, id)).get("One.")?.id ?? "";
  await navigate(first.manager, id, one);
  await first.manager.close();
  const second = openManager({ store: first.store, steps: [say("Three.")] });
  await second.manager.start();
  await talk(second.manager, id, "other");
  expect((await messages(second.manager, id)).get("other")?.parent_id).toBe(one);
  expect(wordsOf(second.llm.requests[0])?.join()).not.toMatch(/second|Two/);
});

it("a HEAD before the first event is kept too, until the next event", async () => {
  const first = openManager({ steps: [say("One.")] });
  const id = await start(first.manager);
  await talk(first.manager, id, "first");
  await navigate(first.manager, id, null);
  await first.manager.close();
  const isEmpty = async () => {
    const [record] = await first.store.conversations.find([id], ["state"]);
    return [record?.leafEventId, JSON.parse(record?.documents.state ?? "{}").head_is_empty];
  };
  expect(await isEmpty()).toEqual([null, true]);
  const second = openManager({ store: first.store, steps: [say("Two.")] });
  await second.manager.start();
  await talk(second.manager, id, "anew");
  expect(second.llm.requests[0]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
  expect(await isEmpty()).toEqual([(await messages(second.manager, id)).get("Two.")?.id, false]);
});

it("a message that is being stored meanwhile is on the branch that it was sent on", async () => {
  const { manager, llm } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  await talk(manager, id, "first");
  const { leaf_event_id: leaf } = await manager.get(id);
  const first = (await messages(manager, id)).get("first")?.id ?? "";
  await Promise.all([send(manager, id, "late", false), navigate(manager, id, first)]);
  const late = (await messages(manager, id)).get("late");
  expect([leaf, first]).toContain(late?.parent_id);
  const head = (await manager.get(id)).leaf_event_id;
  expect(head).toBe(late?.parent_id === leaf ? first : late?.id);
  await (await manager.open(id)).run();
  await reach(manager, id, "finished");
  await until(async () => (await messages(manager, id)).has("Two."));
  const words = wordsOf(llm.requests[1])?.join();
  expect(words).not.toMatch(/One/);
  expect(/late/.test(words ?? "")).toBe(late?.parent_id === first);
});

it("a message that was kept from the agent is kept from it wherever the branch ends", async () => {
  const block = { name: "guard", userMessage: () => ({ block: "Not this." }) };
  let isOn = true;
  const { manager, llm } = openManager({
    steps: [say("One.")],
    extensions: () => [{ ...block, userMessage: () => (isOn ? block.userMessage() : undefined) }],
  });
  const id = await start(manager);
  await talk(manager, id, "forbidden");
  isOn = false;
  await navigate(manager, id, (await messages(manager, id)).get("forbidden")?.id ?? "");
  await talk(manager, id, "allowed");
  expect(wordsOf(llm.requests[0])?.join()).not.toMatch(/forbidden/);
  await manager.close();
});
