import { expect, it } from "vitest";
import { agentContext } from "../../../src/wire/agent/agent-context.ts";

it("a memory that a client sends is refused by name, not ignored", () => {
  const { error } = agentContext.safeParse({ memory_context: "The user likes tea." });
  expect(error?.issues).toMatchObject([
    { path: ["memory_context"], message: expect.stringContaining("the server fills this in itself") },
  ]);
});

it.each([{}, { memory_context: null }, { memory_context: "" }])("no memory is fine: %o", (input) => {
  expect(agentContext.parse(input)).not.toHaveProperty("memory_context");
});
