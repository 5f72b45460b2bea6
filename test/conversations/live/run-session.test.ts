import { expect, it } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Change } from "../../../src/stores/store.ts";
import { logOf, openManager, start } from "../open-manager.ts";

it("a message whose commit failed leaves nothing behind; the next one brings the system prompt", async () => {
  const store = memoryStore();
  let isFull = true;
  const failing = Object.assign(Object.create(store) as typeof store, {
    commit: async (change: Change) => {
      const isMessage = change.events?.some(({ kind }) => kind === "MessageEvent");
      if (isFull && isMessage) throw new Error("disk full");
      return store.commit(change);
    },
  });
  const { manager } = openManager({ store: failing });
  const id = await start(manager);
  const conversation = await manager.open(id);
  await expect(conversation.sendMessage("lost", { run: false })).rejects.toThrow("disk full");
  expect(await logOf(manager, id)).toEqual([]);
  isFull = false;
  await conversation.sendMessage("kept", { run: false });
  expect((await logOf(manager, id)).map(({ kind }) => kind)).toEqual([
    "SystemPromptEvent",
    "MessageEvent",
    "ConversationStateUpdateEvent",
  ]);
});
