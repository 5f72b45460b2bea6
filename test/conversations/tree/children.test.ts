import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import type { ConversationManager } from "../../../src/conversations/conversation-manager.ts";
import { createCipher } from "../../../src/secrets/cipher.ts";
import { Gate, logOf, openManager, send, start, until, waitFor } from "../open-manager.ts";
import { openProject } from "../worktrees/open-project.ts";

const NOBODY = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";

function finished(manager: ConversationManager, id: string): Promise<void> {
  return until(async () => (await manager.get(id)).execution_status === "finished");
}

it("a child works on its task at once, and its parent names it", async () => {
  const { manager, llm } = openManager({ steps: [say("Parent."), say("Child.")] });
  const id = await start(manager);
  await send(manager, id, "Go.");
  await finished(manager, id);
  const child = await manager.startChild(id, { task: "Help.", title: "Helper" });
  expect(child).toEqual({
    conversation_id: expect.any(String),
    parent_conversation_id: id,
    status: expect.stringMatching(/idle|running/),
    title: "Helper",
    url: null,
    workspace: "/project",
    isolation: "shared",
  });
  await finished(manager, child.conversation_id);
  expect(await manager.agentFinalResponse(child.conversation_id)).toBe("Child.");
  const words = llm.requests[1]?.messages.map(({ role, content }) => `${role}: ${JSON.stringify(content)}`);
  expect(words?.[1]).toMatch(/^user: .*Help\./);
  expect(words).toHaveLength(2);
  const other = await manager.startChild(id, { task: "Help too." });
  const { sub_conversation_ids: children } = await manager.get(id);
  expect(children).toEqual([child.conversation_id, other.conversation_id]);
  await manager.close();
});

it("a child has the agent, secrets, tags and guards that its parent has now", async () => {
  const { manager } = openManager({ cipher: createCipher("a".repeat(44)), steps: () => say("Done.") });
  const id = await start(manager, {
    tags: { a: "b" },
    secrets: { TOKEN: { kind: "StaticSecret", value: "s3cret-value" } },
    max_iterations: 7,
    client_tools: [{ name: "paint", description: "Paints.", parameters: { type: "object", properties: {} } }],
  });
  const parent = await manager.open(id);
  await parent.setConfirmationPolicy({ kind: "AlwaysConfirm" });
  await parent.switchLlm({ model: "other", usage_id: "default" });
  const { conversation_id: childId } = await manager.startChild(id, { task: "Help." });
  const [info, of] = [await manager.get(childId), await manager.get(id)];
  expect(info).toMatchObject({
    tags: { a: "b" },
    confirmation_policy: { kind: "AlwaysConfirm" },
    max_iterations: 7,
    client_tools: of.client_tools,
    agent: { tools: of.agent.tools, llm: { model: "other" } },
    forked_from_conversation_id: null,
    parent_conversation_id: id,
  });
  const mask = await (await manager.open(childId)).secretMask();
  expect(mask.mask("s3cret-value")).not.toContain("s3cret");
  await manager.close();
});

it("a child begins with an empty history and figures at zero", async () => {
  const { manager } = openManager({ steps: [say("Parent."), say("Child.")] });
  const id = await start(manager);
  await send(manager, id, "Go.");
  await finished(manager, id);
  const { conversation_id: childId } = await manager.startChild(id, { task: "Help." });
  await finished(manager, childId);
  const messages = (await logOf(manager, childId)).filter(({ kind }) => kind === "MessageEvent");
  expect(messages).toHaveLength(2);
  const costs = async (of: string) => (await manager.get(of)).stats.usage_to_metrics?.default?.costs;
  expect(await costs(childId)).toHaveLength(1);
});

it("of an unknown parent there is no child", async () => {
  const { manager } = openManager();
  await expect(manager.startChild(NOBODY, { task: "Help." })).rejects.toMatchObject({
    code: "not_found",
    message: "Parent conversation not found",
  });
  expect(await manager.count()).toBe(0);
});

it("where no further run may start, nothing is made", async () => {
  const gate = new Gate();
  const { manager } = openManager({ steps: [waitFor(gate)], maxConcurrentRuns: 1 });
  const id = await start(manager);
  await send(manager, id, "Go.");
  await gate.reached;
  await expect(manager.startChild(id, { task: "Help." })).rejects.toMatchObject({
    code: "too_many_requests",
  });
  expect(await manager.count()).toBe(1);
  gate.open();
  await finished(manager, id);
});

it("children are left when their parent is removed", async () => {
  const { manager } = openManager({ steps: () => say("Done.") });
  const id = await start(manager);
  const { conversation_id: childId } = await manager.startChild(id, { task: "Help." });
  await finished(manager, childId);
  await manager.delete(id);
  expect((await manager.get(childId)).parent_conversation_id).toBe(id);
});

it("a child in a worktree has a branch of the default branch, and knows that one alone", async () => {
  const project = await openProject();
  const bench = project.open({ steps: () => say("Done.") });
  const parent = await project.start(bench);
  const child = await bench.manager.startChild(parent.id, { task: "Help." });
  await finished(bench.manager, child.conversation_id);
  expect(child.isolation).toBe("worktree");
  expect(await project.worktrees()).toEqual([parent.path, child.workspace].sort());
  const info = await bench.manager.get(child.conversation_id);
  const suffix = info.agent.agent_context?.system_message_suffix ?? "";
  expect(suffix.match(/Top folder of the worktree: .*/g)).toEqual([
    `Top folder of the worktree: ${child.workspace}`,
  ]);
});

it("the worktree of a child outlives that of its parent, and goes with the child", async () => {
  const project = await openProject();
  const bench = project.open({ steps: () => say("Done.") });
  const parent = await project.start(bench);
  const child = await bench.manager.startChild(parent.id, { task: "Help." });
  await finished(bench.manager, child.conversation_id);
  await bench.manager.delete(parent.id);
  expect(await project.worktrees()).toEqual([child.workspace]);
  await bench.manager.delete(child.conversation_id);
  expect(await project.worktrees()).toEqual([]);
});

it("a child may share the folder of its parent, and then knows what its parent knows", async () => {
  const project = await openProject();
  const bench = project.open({ steps: () => say("Done.") });
  const parent = await project.start(bench);
  const child = await bench.manager.startChild(parent.id, { task: "Help.", isolation: "shared" });
  await finished(bench.manager, child.conversation_id);
  expect(child).toMatchObject({ isolation: "shared", workspace: parent.path });
  const info = await bench.manager.get(child.conversation_id);
  expect(info.agent.agent_context?.system_message_suffix).toContain(parent.path);
  await bench.manager.delete(parent.id);
  expect(await project.worktrees()).toEqual([parent.path]);
  await bench.manager.delete(child.conversation_id);
  expect(await project.worktrees()).toEqual([]);
});

it("a repository without a commit is shared, and the answer says so", async () => {
  const project = await openProject({ commits: false });
  const bench = project.open({ steps: () => say("Done.") });
  const parent = await project.start(bench, { worktree: false });
  const child = await bench.manager.startChild(parent.id, { task: "Help.", isolation: "worktree" });
  await finished(bench.manager, child.conversation_id);
  expect(child).toMatchObject({ isolation: "shared", workspace: project.repo });
});
