import { createTestServer } from "agent-server/testing";
import { expect, it } from "vitest";

it("shows a state update to null as it is: keys that are null are left out of stored events", async () => {
  await using server = await createTestServer();
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "demo/echo" } },
    workspace: { working_dir: server.workingDir },
  });
  await conversation.setSecurityAnalyzer({ kind: "LLMSecurityAnalyzer" });
  await conversation.setSecurityAnalyzer(null);
  const { items } = await server.conversations.events.search(conversation.id);
  expect(items.map(({ kind }) => kind)).toEqual([
    "ConversationStateUpdateEvent",
    "ConversationStateUpdateEvent",
  ]);
  expect(items[1]).toMatchObject({ key: "security_analyzer" });
  const whole = await server.conversations.events.getJson(conversation.id, items[1]?.id ?? "");
  expect(JSON.parse(whole)).toMatchObject({ key: "security_analyzer", value: null });
});
