// A test of what your agent does, without a model, a network or a wait. Run it with:  npm test examples/06-test-your-agent.test.ts
// The runner here is vitest; the kit works with any.
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { expect, test } from "vitest";
import { weather } from "./05-custom-tool.ts";

test("the agent looks up the weather and answers with it", async () => {
  const llm = scriptedLlm([call("weather", { city: "Oslo" }), say("It is 21 °C in Oslo.")]);
  await using server = await createTestServer({ llm, tools: [weather] });
  const chat = await server.start("How warm is Oslo?");
  await chat.expectToolCall("weather", { city: "Oslo" });
  await chat.expectObservation("weather", "21 °C");
  await chat.expectFinished(/21/);
  llm.assertDone();
});

test("the agent hears of a city without a station", async () => {
  const llm = scriptedLlm([call("weather", { city: "Atlantis" }), say("I cannot tell.")]);
  await using server = await createTestServer({ llm, tools: [weather] });
  const chat = await server.start("How warm is Atlantis?");
  await chat.expectToolError("weather", "No station in Atlantis");
  await chat.expectFinished("cannot tell");
  const [result] = llm.requests[1]?.messages.at(-1)?.content ?? [];
  expect(result).toMatchObject({ text: expect.stringContaining("Known: Oslo, Bergen") });
});

test("nothing is looked up before the user agrees", async () => {
  const llm = scriptedLlm([call("weather", { city: "Oslo" }), say("Then I will not look.")]);
  await using server = await createTestServer({ llm, tools: [weather] });
  const chat = await server.start("How warm is Oslo?", { confirmation_policy: { kind: "AlwaysConfirm" } });
  await chat.reject("Not now");
  await chat.run();
  await chat.expectFinished("not look");
});
