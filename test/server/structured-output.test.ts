import { call, createTestServer, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";

const schema = { type: "object", properties: { score: { type: "integer" } }, required: ["score"] };

function startBody(workingDir: string, response_schema: unknown) {
  return {
    autotitle: false,
    agent: {
      llm: { model: "scripted" },
      tools: [{ name: "FinishTool", params: { response_schema } }],
      include_default_tools: ["ThinkTool"],
    },
    workspace: { working_dir: workingDir },
  };
}

it("the last answer has the fields that the client asked for", async () => {
  const llm = scriptedLlm([
    call("finish", { message: "Good." }),
    call("finish", { message: "Good.", score: 7 }),
  ]);
  await using server = await createTestServer({ llm });
  const { agent } = startBody(server.workingDir, schema);
  const chat = await server.start("How good is it?", { agent });
  await chat.expectFinished(/Good/);

  const actions = chat.events.filter((event) => event.kind === "ActionEvent");
  expect(chat.events.find(({ kind }) => kind === "AgentErrorEvent")).toMatchObject({
    error: expect.stringContaining("score: is required"),
  });
  const [refused, last] = actions;
  expect(refused?.action ?? null).toBeNull();
  expect(last?.action).toEqual({ message: "Good.", kind: "FinishAction" });
  expect(JSON.parse(last?.tool_call.arguments ?? "")).toMatchObject({ score: 7 });
});

it("a schema that cannot be used is refused before anything starts", async () => {
  await using server = await createTestServer();
  const body = JSON.stringify(startBody(server.workingDir, { type: "array" }));
  const headers = { "content-type": "application/json" };
  const url = "http://localhost/api/conversations";
  const response = await server.fetch(new Request(url, { method: "POST", headers, body }));

  expect(response.status).toBe(422);
  expect(await response.text()).toContain("params.response_schema.type");
  expect(await server.conversations.count()).toBe(0);
});
