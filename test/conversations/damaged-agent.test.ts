import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/logger.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { openManager, startRequest } from "./open-manager.ts";

describe("a conversation whose copy of the agent for showing is damaged", () => {
  it.each(["{", "null", '{"kind":7}'])(
    "is shown with the agent itself, without secrets and skills: %s",
    async (json) => {
      const logged: object[] = [];
      const log = (fields: object) => void logged.push(fields);
      const logger: Logger = { debug() {}, info() {}, warn() {}, error: log };
      const store = memoryStore();
      const { manager } = openManager({ store, logger });
      const agent = {
        llm: { model: "scripted", api_key: "sk-secret" },
        agent_context: { skills: [{ name: "s", content: "c" }] },
      };
      const { info } = await manager.create(startRequest({ agent }));
      await store.commit({ conversationId: info.id, documents: { shown_agent: json } });
      const { items } = await manager.search();
      const [batched] = await manager.batchGet([info.id]);
      for (const shown of [items[0], batched, await manager.get(info.id)]) {
        expect(shown?.agent).toEqual(info.agent);
      }
      expect(JSON.stringify(items)).not.toContain("sk-secret");
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatchObject({ conversation_id: info.id, part: "the agent as it is shown" });
    },
  );
});
