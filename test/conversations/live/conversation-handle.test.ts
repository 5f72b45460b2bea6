import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Change } from "../../../src/stores/store.ts";
import { text } from "../../../src/wire/events/message.ts";
import { logOf, openManager, start, startRequest, until } from "../open-manager.ts";

it("takes a message as text or as parts, and starts a run unless `run` is false", async () => {
  const { manager, llm } = openManager({ steps: [say("One."), say("Two.")] });
  const { info, conversation } = await manager.create(startRequest());
  await conversation.sendMessage("quietly", { run: false });
  expect((await manager.get(info.id)).execution_status).toBe("idle");
  await conversation.sendMessage([text("in parts")]);
  await until(async () => (await manager.get(info.id)).execution_status === "finished");
  const prompt = JSON.stringify(llm.requests[0]?.messages);
  expect(prompt).toMatch(/quietly[\s\S]*in parts/);
});

it("stays valid when its conversation leaves memory, and loads nothing until it is used", async () => {
  const { manager } = openManager({ idleTtlSeconds: 0, steps: [say("One.")] });
  const id = await start(manager);
  const conversation = await manager.open(id);
  expect(manager.liveCount).toBe(0);
  await conversation.update({ title: "First" });
  expect(manager.liveCount).toBe(1);
  await manager.evictIdle();
  expect(manager.liveCount).toBe(0);
  await conversation.update({ tags: { second: "yes" } });
  expect(await manager.get(id)).toMatchObject({ title: "First", tags: { second: "yes" } });
});

it("is refused once the conversation is deleted", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const conversation = await manager.open(id);
  await manager.delete(id);
  await expect(conversation.run()).rejects.toMatchObject({
    code: "not_found",
    detail: `Conversation not found: ${id}`,
  });
});

it("keeps its conversation in memory while a verb is carried out", async () => {
  const store = memoryStore();
  const written = Promise.withResolvers<void>();
  const slow = Object.assign(Object.create(store) as typeof store, {
    commit: async (change: Change) => {
      if (change.update?.title === "Slow") await written.promise;
      return store.commit(change);
    },
  });
  const { manager } = openManager({ store: slow, idleTtlSeconds: 0 });
  const id = await start(manager);
  const updating = (await manager.open(id)).update({ title: "Slow" });
  await until(() => manager.liveCount === 1);
  await manager.evictIdle();
  expect(manager.liveCount).toBe(1);
  written.resolve();
  await updating;
  await manager.evictIdle();
  expect(manager.liveCount).toBe(0);
});

it("lends the machine its agent works on, and stays in memory meanwhile", async () => {
  const { manager } = openManager({ idleTtlSeconds: 0 });
  const { info, conversation } = await manager.create(startRequest());
  const { workspace } = await manager.get(info.id);
  const seen = await conversation.useWorkspace(async (machine) => {
    await manager.evictIdle();
    expect(manager.liveCount).toBe(1);
    return machine.info.workingDir;
  });
  expect(seen).toBe(workspace.working_dir);
  await manager.evictIdle();
  expect(manager.liveCount).toBe(0);
});

it("changes title and tags in one step, with one event", async () => {
  const store = memoryStore();
  const commits: Change[] = [];
  const watched = Object.assign(Object.create(store) as typeof store, {
    commit: (change: Change) => {
      commits.push(change);
      return store.commit(change);
    },
  });
  const { manager } = openManager({ store: watched });
  const id = await start(manager);
  commits.length = 0;
  await (await manager.open(id)).update({ title: "A title", tags: { a: "b" } });
  expect(commits).toHaveLength(1);
  expect((await logOf(manager, id)).map(({ key }) => key)).toEqual(["tags"]);
  expect(await manager.get(id)).toMatchObject({ title: "A title", tags: { a: "b" } });
});
