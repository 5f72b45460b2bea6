import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { AgentServerError } from "../../src/errors.ts";
import { type LaunchChild, startChildTool } from "../../src/tools/child-conversation/start-child-tool.ts";
import type { Event } from "../../src/wire/events/events.ts";
import { toolHost } from "./tool-host.ts";

/** Calls the tool once. */
async function callTool(launch: LaunchChild, input: object, signal = new AbortController().signal) {
  const tool = startChildTool({ launch, timeout: 200 });
  const executor = await tool.open(await toolHost());
  return executor.run(tool.input.parse(input), { toolCallId: "call", actionId: "action", signal });
}

function textOf(observation: { content: readonly object[] }): string {
  return observation.content.map((part) => ("text" in part ? part.text : "")).join("");
}

it("an agent starts a child of its conversation and is told its id", async () => {
  const llm = scriptedLlm(({ messages }) => {
    const words = JSON.stringify(messages);
    if (!words.includes("Delegate.")) return say("By the child.");
    return words.includes("Started the conversation")
      ? say("Delegated.")
      : call("start_child_conversation", { task: "Help.", title: "Helper", isolation: "shared" });
  });
  await using server = await createTestServer({ llm, tools: ["start_child_conversation"] });
  const chat = await server.start("Delegate.");
  await chat.expectFinished("Delegated.");
  const { sub_conversation_ids: children } = await server.conversations.get(chat.id);
  expect(children).toHaveLength(1);
  const [id = ""] = children;
  const observed = chat.events.find(({ kind }) => kind === "ObservationEvent") as
    | Extract<Event, { kind: "ObservationEvent" }>
    | undefined;
  expect(observed?.observation).toMatchObject({
    kind: "StartChildConversationObservation",
    conversation_id: id,
    parent_conversation_id: chat.id,
    title: "Helper",
    isolation: "shared",
    workspace: server.workingDir,
    is_error: false,
  });
  expect(textOf(observed?.observation as never)).toContain(`"conversation_id": "${id}"`);
  const child = await server.resume(id);
  await child.expectFinished("By the child.");
});

it("a child that is refused is an error with status and reason, and the agent goes on", async () => {
  const refusal = new AgentServerError("too_many_requests", "Too many.");
  const observation = await callTool(() => Promise.reject(refusal), { task: "Help." });
  expect(observation.is_error).toBe(true);
  expect(textOf(observation)).toMatch(/429.*Too many\./);
});

it("a child that takes too long is an error that says it may exist", async () => {
  const observation = await callTool(() => new Promise(() => {}), { task: "Help." });
  expect(observation.is_error).toBe(true);
  expect(textOf(observation)).toMatch(/may exist/);
});

it("an interrupt does not wait for the child", async () => {
  const abort = new AbortController();
  const calling = callTool(() => new Promise(() => {}), { task: "Help." }, abort.signal);
  abort.abort(new Error("interrupted"));
  await expect(calling).rejects.toThrow("interrupted");
});

it("a call needs a task, and has a worktree and no title by default", async () => {
  let launched: unknown;
  await callTool(
    async (_, child) => {
      launched = child;
      throw new Error("enough");
    },
    { task: "Help." },
  );
  expect(launched).toEqual({ task: "Help.", title: null, isolation: "worktree" });
  await expect(callTool(async () => Promise.reject(), { task: "" })).rejects.toThrow();
});

it("an agent whose tool would call another address than this server is not started", async () => {
  await using server = await createTestServer();
  const params = { launch_url: "http://example.org/children" };
  const tools = [{ name: "start_child_conversation", params }];
  await expect(server.start("Go.", { agent: { tools } })).rejects.toMatchObject({
    code: "unprocessable",
    message: expect.stringContaining("launch_url"),
  });
});
