import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { say } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import type { ConversationManager } from "../../../src/conversations/conversation-manager.ts";
import { importConversation } from "../../../src/conversations/import/import-conversation.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { localFiles } from "../../../src/workspace/local/local-files.ts";
import { event, eventId, eventName, hexOf, referenceFolder } from "../../cli/reference-folder.ts";
import { openManager, send, start, until } from "../open-manager.ts";

async function exported(manager: ConversationManager, id: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, content } of manager.trajectory(id)) {
    if (content instanceof Uint8Array)
      files.set(name.split("/").at(-1) ?? "", new TextDecoder().decode(content));
  }
  return files;
}

it("an export has the events of all branches, and HEAD", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  for (const words of ["first", "second"]) {
    await send(manager, id, words);
    await until(async () => (await manager.get(id)).execution_status === "finished");
  }
  const { items } = await manager.events.search(id, { body: "One." });
  const one = items[0]?.id ?? "";
  const conversation = await manager.open(id);
  await conversation.navigate(one);
  const files = await exported(manager, id);
  expect(JSON.parse(files.get("base_state.json") ?? "")).toMatchObject({
    leaf_event_id: one,
    head_is_empty: false,
  });
  const events = [...files.keys()].filter((name) => name.startsWith("event-"));
  expect(events).toHaveLength(await manager.events.count(id));
  await conversation.navigate(null);
  const emptied = JSON.parse((await exported(manager, id)).get("base_state.json") ?? "");
  expect(emptied.head_is_empty).toBe(true);
  expect(emptied).not.toHaveProperty("leaf_event_id");
});

/** Imports a conversation of five messages, in which the fourth is a sibling of the third. */
async function imported(base: object) {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-tree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const source = referenceFolder(folder);
  const agent = { llm: { model: "scripted", usage_id: "agent" }, tools: [], kind: "Agent" };
  const id = source.conversation({ events: 5, base: { agent, ...base } });
  const sibling = event(3).replace(`"parent_id":"${eventId(2)}"`, `"parent_id":"${eventId(1)}"`);
  source.write(`conversations/${hexOf(1)}/events/${eventName(3)}`, sibling);
  const store = memoryStore();
  const result = await importConversation(
    { folder: join(folder, "conversations", hexOf(1)), name: hexOf(1) },
    {
      store,
      files: localFiles,
      cipher: undefined,
      now: () => Date.now(),
      hasEnded: () => false,
      ownFolder: (own) => join(folder, "ours", own),
      keepFiles: async () => [],
    },
  );
  expect(result).toMatchObject({ outcome: "imported", notes: [] });
  const bench = openManager({ store, steps: [say("Done.")] });
  await bench.manager.start();
  await send(bench.manager, id, "And now?");
  await until(() => bench.llm.requests.length > 0);
  return JSON.stringify(bench.llm.requests[0]?.messages).match(/Message \d/g);
}

it("an imported conversation goes on with its active branch", async () => {
  expect(await imported({ leaf_event_id: eventId(2) })).toEqual(["Message 0", "Message 1", "Message 2"]);
  expect(await imported({ leaf_event_id: eventId(4) })).toEqual([
    "Message 0",
    "Message 1",
    "Message 3",
    "Message 4",
  ]);
});

it("an imported conversation whose HEAD is before the first event begins again", async () => {
  expect(await imported({ leaf_event_id: null, head_is_empty: true })).toBeNull();
});

it("an imported conversation of an older server, which saved no HEAD, goes on from its last event", async () => {
  expect(await imported({ leaf_event_id: null })).toContain("Message 4");
});
