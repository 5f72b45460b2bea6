import { expect, it } from "vitest";
import { describeTools } from "../../src/llm/text-tools/describe-tools.ts";
import { call, say } from "../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../src/testing/scripted-llm/scripted-llm.ts";
import { createTestServer } from "../../src/testing/test-server.ts";

/** A schema of JSON Schema's odder forms: true takes everything, false nothing, and null is none at all. */
const PARAMETERS = { type: "object" as const, properties: { any: true, never: false, nothing: null } };

it("a client's tool may have properties that are no objects", async () => {
  const llm = scriptedLlm([call("order", { any: [1], summary: "Order it" }), say("Ordered.")]);
  await using server = await createTestServer({ llm });
  const chat = await server.start("Order.", {
    client_tools: [{ name: "order", description: "Orders", parameters: PARAMETERS }],
  });
  await chat.expectToolCall("order", { any: [1] });
  await chat.expectFinished("Ordered.");
  const properties = llm.requests[0]?.tools[0]?.parameters.properties ?? {};
  expect(Object.keys(properties)).toEqual(["security_risk", "summary", "any", "never", "nothing"]);
});

it("is described to models without tool calls all the same", () => {
  const text = describeTools([{ name: "order", description: "Orders", parameters: PARAMETERS }]);
  expect(text).toContain("- any (any, optional)");
  expect(text).toContain("- nothing (any, optional)");
});
