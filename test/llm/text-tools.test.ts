import { describe, expect, it } from "vitest";
import type { ToolSchema } from "../../src/llm/llm.ts";
import { parseCall } from "../../src/llm/text-tools/parse-call.ts";
import {
  assistantCalls,
  model,
  recordedProvider,
  system,
  terminalTool,
  toolResult,
  user,
} from "./recorded-provider.ts";

const editor: ToolSchema = {
  name: "editor",
  description: "Edits a file",
  parameters: {
    type: "object",
    properties: {
      command: { type: "string", enum: ["view", "create"] },
      text: { type: "string" },
      line: { type: "integer" },
      range: { type: "array", items: { type: "integer" } },
      force: { type: "boolean" },
    },
    required: ["command"],
  },
};
const tools = [terminalTool, editor];

describe("a call written as text", () => {
  it("is read with what was said before it", () => {
    const parsed = parseCall(
      "I look.\n\n<function=terminal>\n<parameter=command>ls -la</parameter>\n</function>",
      tools,
    );
    expect(parsed).toEqual({
      said: "I look.",
      call: { name: "terminal", arguments: { command: "ls -la" } },
    });
  });

  it.each(["</think>", "<tool_call>\n", "</think>\n<tool_call>"])("may come after %j", (before) => {
    const parsed = parseCall(`Hm.${before}<function=terminal><parameter=command>ls</parameter>`, tools);
    expect(parsed).toEqual({ said: "Hm.", call: { name: "terminal", arguments: { command: "ls" } } });
  });

  it("may rate its risk although nobody asked", () => {
    const text =
      "<function=terminal><parameter=command>ls</parameter><parameter=security_risk>LOW</parameter>";
    expect(parseCall(text, tools).call?.arguments).toEqual({ command: "ls", security_risk: "LOW" });
  });

  it("keeps the lines and indentation of a value", () => {
    const text =
      "<function=editor><parameter=command>create</parameter><parameter=text>\n  a\n\tb\n</parameter></function>";
    expect(parseCall(text, tools).call?.arguments).toEqual({ command: "create", text: "  a\n\tb" });
  });

  it("gets the types of its schema", () => {
    const text =
      "<function=editor><parameter=command> view </parameter><parameter=line>12</parameter>" +
      "<parameter=range>[1, 5]</parameter><parameter=force>True</parameter></function>";
    expect(parseCall(text, tools).call?.arguments).toEqual({
      command: "view",
      line: 12,
      range: [1, 5],
      force: true,
    });
  });

  it.each([
    ["no close tag, as the stop word leaves it", "<function=terminal>\n<parameter=command>ls</parameter>\n"],
    ["half a close tag", "<function=terminal>\n<parameter=command>ls</parameter>\n</function"],
    [
      "a wrapper",
      "<tool_call>\n<function=terminal><parameter=command>ls</parameter></function>\n</tool_call>",
    ],
    [
      "a parameter written with two equals signs",
      "<function=terminal><parameter=command=ls</parameter></function>",
    ],
  ])("is mended with %s", (_, text) => {
    expect(parseCall(text, tools)).toMatchObject({
      said: "",
      call: { name: "terminal", arguments: { command: "ls" } },
    });
  });

  it.each([
    ["<function=fly></function>", "Function 'fly' is not known. Available: terminal, editor"],
    ["<function=terminal></function>", "Missing required parameters for function 'terminal': command"],
    ["<function=terminal><parameter=cmd>ls</parameter></function>", "Parameter 'cmd' is not allowed"],
    ["<function=terminal><parameter=__proto__>x</parameter></function>", "Parameter '__proto__' is not"],
    ["<function=terminal><parameter=constructor>x</parameter></function>", "Parameter 'constructor' is not"],
    ["<function=editor><parameter=command>burn</parameter></function>", "expected to be one of view, create"],
    [
      "<function=editor><parameter=command>view</parameter><parameter=line>x</parameter></function>",
      "an integer",
    ],
    [
      "<function=editor><parameter=command>view</parameter><parameter=range>1</parameter></function>",
      "an array",
    ],
  ])("%s is refused in words for the model", (text, said) => {
    expect(() => parseCall(text, tools)).toThrow(
      expect.objectContaining({
        name: "FunctionCallValidationError",
        message: expect.stringContaining(said),
      }),
    );
  });
});

describe("a model without native tools", () => {
  const answer = (content: string) => ({
    body: { choices: [{ finish_reason: "stop", message: { content } }] },
  });

  it("reads about them in words and answers with ordinary calls", async () => {
    const provider = await recordedProvider(
      answer("I look.\n<function=terminal>\n<parameter=command>ls</parameter>\n"),
      answer("There is a.txt"),
    );
    const { ask } = model({ model: "hosted_vllm/mine", base_url: provider.url, native_tool_calling: false });
    const first = [system("You are an agent."), user("Look around")];
    const reply = await ask({ messages: first, tools: [terminalTool] });
    expect(reply.message).toMatchObject({
      content: [{ text: "I look." }],
      tool_calls: [{ name: "terminal", arguments: '{"command":"ls"}' }],
    });
    await ask({
      messages: [...first, reply.message, toolResult("", "terminal", "a.txt")],
      tools: [terminalTool],
    });
    const [, sent] = provider.requests;
    expect(sent?.body).not.toHaveProperty("tools");
    expect(sent?.body.stop).toEqual(["</function"]);
    expect(sent?.body.messages.map((message: { role: string }) => message.role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
    ]);
    expect(sent?.body.messages[0].content).toMatch(/^You are an agent\.[\s\S]*## terminal\nRuns a command/);
    expect(sent?.body.messages[1].content).toMatch(/example[\s\S]*Look around$/);
    expect(sent?.body.messages[2].content).toBe(
      "I look.\n<function=terminal>\n<parameter=command>ls</parameter>\n</function>",
    );
    expect(sent?.body.messages[3].content).toBe("EXECUTION RESULT of [terminal]:\na.txt");
  });

  it("may think aloud before a call", async () => {
    const provider = await recordedProvider(
      answer("<think>Which one?</think><function=terminal><parameter=command>ls</parameter></function>"),
    );
    const { ask } = model({ model: "hosted_vllm/mine", base_url: provider.url, native_tool_calling: false });
    expect((await ask({ tools: [terminalTool] })).message).toMatchObject({
      content: [],
      reasoning_content: "Which one?",
      tool_calls: [{ name: "terminal" }],
    });
  });

  it("is asked plainly where no tools are in play", async () => {
    const provider = await recordedProvider(answer("A title"));
    const { ask } = model({ model: "hosted_vllm/mine", base_url: provider.url, native_tool_calling: false });
    await ask({ messages: [user("Give this a title")] });
    expect(provider.requests[0]?.body).toEqual({
      model: "mine",
      messages: [{ role: "user", content: "Give this a title" }],
    });
  });

  it("reads a history of several calls at once", async () => {
    const provider = await recordedProvider(answer("Done"));
    const { ask } = model({
      model: "hosted_vllm/devstral",
      base_url: provider.url,
      native_tool_calling: false,
    });
    await ask({
      messages: [
        user("Go"),
        assistantCalls(["a", "terminal", '{"command":"ls"}'], ["b", "terminal", '{"command":"pwd"}']),
        toolResult("a", "terminal", "one"),
        toolResult("b", "terminal", "two"),
      ],
      tools: [terminalTool],
    });
    const [, , history] = provider.requests[0]?.body.messages ?? [];
    expect(history.content.match(/<function=terminal>/g)).toHaveLength(2);
    expect(provider.requests[0]?.body.messages[1].content).toBe("Go");
  });
});
