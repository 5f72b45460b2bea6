import { createTestServer } from "agent-server/testing";
import { expect, it } from "vitest";

it("a conversation whose model the subscription does not include names those that it includes", async () => {
  await using server = await createTestServer({ environment: { OPENAI_API_KEY: "of-the-server" } });
  const chat = await server.start("Go.", {
    agent: { llm: { model: "openai/gpt-4o", auth_type: "subscription", num_retries: 1 } },
  });
  await chat.idle();
  expect(chat.events.find(({ kind }) => kind === "ConversationErrorEvent")).toMatchObject({
    code: "LLMBadRequestError",
    detail: expect.stringContaining("is not included in a ChatGPT subscription: choose one of gpt-5.5, "),
  });
});
