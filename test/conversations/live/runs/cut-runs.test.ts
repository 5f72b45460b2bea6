import { call, say } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import { repairCutRuns } from "../../../../src/conversations/live/runs/cut-runs.ts";
import { memoryStore } from "../../../../src/stores/memory.ts";
import { defineTool } from "../../../../src/tools/define-tool.ts";
import { ToolRegistry } from "../../../../src/tools/registry.ts";
import { Gate, openManager, send, start, until } from "../../open-manager.ts";

/** Finds what a start of a server would repair, and counts the events it reads for that. */
async function cutRunsOf(store: ReturnType<typeof memoryStore>) {
  const { events, conversations } = store;
  const found: string[] = [];
  let read = 0;
  const counted: typeof events = {
    find: (id, ids) => events.find(id, ids),
    count: (id, filter) => events.count(id, filter),
    search: async (id, query) => {
      const page = await events.search(id, query);
      read += page.length;
      return page;
    },
  };
  const repair = {
    isHeld: async () => false,
    recover: async (id: string) => void found.push(id),
    failed: (_: string, error: unknown) => {
      throw error;
    },
  };
  await repairCutRuns({ conversations, events: counted }, repair);
  return { found, read };
}

it("of a paused conversation, however long, a few events are read", async () => {
  const store = memoryStore();
  const { manager } = openManager({
    store,
    steps: [...Array.from({ length: 40 }, (_, index) => call("echo", { text: `${index}` })), say("Done.")],
  });
  const id = await start(manager);
  await send(manager, id, "go");
  await until(async () => (await manager.get(id)).execution_status === "finished");
  await store.commit({ conversationId: id, update: { status: "paused" } });
  const { found, read } = await cutRunsOf(store);
  expect(found).toEqual([]);
  expect(read).toBeLessThanOrEqual(20);
});

it("a call without a result is found among many that have one", async () => {
  const store = memoryStore();
  const gate = new Gate();
  const echo = defineTool({
    name: "echo",
    description: "Says it again.",
    input: z.object({ text: z.string() }),
    run: async ({ text }, { signal }) => {
      if (text === "29") await gate.pass(signal);
      return text;
    },
  });
  const { manager } = openManager({
    store,
    tools: new ToolRegistry([echo]),
    steps: [Array.from({ length: 30 }, (_, index) => call("echo", { text: `${index}` }))],
  });
  const id = await start(manager);
  await send(manager, id, "go");
  await gate.reached;
  await (await manager.open(id)).pause();
  expect((await cutRunsOf(store)).found).toEqual([id]);
});
