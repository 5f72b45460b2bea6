import { call, say } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import type { Logger } from "../../src/logger.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { defineTool } from "../../src/tools/define-tool.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import { openManager, send, start, until } from "./open-manager.ts";

/** A tool that keeps count of the shells it has open. */
function shellTool() {
  const shells = { opened: 0, open: 0 };
  const tool = defineTool({
    name: "echo",
    description: "Opens a shell.",
    input: z.object({ text: z.string().default("") }),
    open: () => {
      shells.opened += 1;
      shells.open += 1;
      return shells;
    },
    run: () => "done",
    close: () => {
      shells.open -= 1;
    },
  });
  return { shells, tools: new ToolRegistry([tool]) };
}

function recorder() {
  const logged: unknown[] = [];
  return { logged, logger: { warn: (fields: unknown) => logged.push(fields) } as unknown as Logger };
}

/** A store whose removals wait at a gate. */
function slowlyRemoving() {
  const store = memoryStore();
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const remove = store.remove.bind(store);
  store.remove = async (id) => {
    reached.resolve();
    await gate.promise;
    await remove(id);
  };
  return { store, reached, gate };
}

it("a conversation that is loaded again while it is deleted leaves no shell behind", async () => {
  const { shells, tools } = shellTool();
  const { store, reached, gate } = slowlyRemoving();
  const { manager } = openManager({
    store,
    tools,
    idleTtlSeconds: 0,
    steps: ({ messages }: { messages: readonly { role: string }[] }) =>
      messages.at(-1)?.role === "user" ? call("echo") : say("Done."),
  });
  const id = await start(manager);
  const run = async (count: number) => {
    await send(manager, id, "go");
    await until(() => shells.opened === count);
    await until(async () => (await manager.get(id)).execution_status === "finished");
  };
  await run(1);
  const deleting = manager.delete(id);
  await reached.promise;
  expect(shells.open).toBe(0);
  await manager.evictIdle();
  await run(2);
  gate.resolve();
  await deleting;
  expect([shells.opened, shells.open, manager.liveCount]).toEqual([2, 0, 0]);
});

it("a claim that cannot be given back is reported, and hides no other error", async () => {
  const store = memoryStore();
  const { manager } = openManager({ store });
  const id = await start(manager);
  const { logged, logger } = recorder();
  const { manager: second } = openManager({ store, logger });
  store.ownership.release = async () => {
    throw new Error("the release failed");
  };
  const find = store.conversations.find.bind(store.conversations);
  store.conversations.find = async (ids, documents) => {
    if (documents.includes("agent")) throw new Error("the disk failed");
    return find(ids, documents);
  };
  await expect(second.delete(id)).rejects.toThrow("the disk failed");
  expect(logged).toEqual([{ conversation_id: id, error: "the release failed" }]);
});

it("removals of an earlier process that cannot be read are reported", async () => {
  const { logged, logger } = recorder();
  const begun = async () => {
    throw new Error("permission denied");
  };
  const { manager } = openManager({
    logger,
    removals: { begun, begin: async () => {}, end: async () => {} },
  });
  await manager.start();
  await until(() => logged.length > 0);
  expect(logged).toEqual([{ error: "permission denied" }]);
});
