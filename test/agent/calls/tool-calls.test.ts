import { describe, expect, it } from "vitest";
import { z } from "zod";
import { eventsOfCalls, parseToolCall } from "../../../src/agent/calls/tool-calls.ts";
import { toolSchemas } from "../../../src/agent/calls/tool-schemas.ts";
import { fixedClock } from "../../../src/testing/fixed-clock.ts";
import { call, say, think } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import type { MessageToolCall } from "../../../src/wire/events/message.ts";
import { testToolbox } from "../loop/harness.ts";

const terminal = defineTool({
  name: "terminal",
  description: "Runs a command.",
  input: z.object({
    command: z.string(),
    is_input: z.boolean().default(false),
    timeout: z.number().optional(),
  }),
  wire: { tool: "TerminalTool", action: "TerminalAction", observation: "TerminalObservation" },
  run: () => "",
});

const fileEditor = defineTool({
  name: "file_editor",
  description: "Edits files.",
  input: z.object({
    command: z.enum(["view", "create", "str_replace", "insert"]),
    path: z.string(),
    file_text: z.string().optional(),
    old_str: z.string().optional(),
    new_str: z.string().optional(),
    insert_line: z.int().optional(),
    view_range: z.array(z.int()).optional(),
  }),
  wire: { tool: "FileEditorTool", action: "FileEditorAction", observation: "FileEditorObservation" },
  run: () => "",
});

const ticket = defineTool({
  name: "ticket",
  description: "Opens a ticket.",
  input: z.object({ summary: z.string() }),
  run: () => "",
});

const tags = defineTool({
  name: "tags",
  description: "Sets tags.",
  input: z.object({ names: z.array(z.string()).nullable() }),
  run: () => "",
});

const tools = await testToolbox([terminal, fileEditor, ticket, tags]);
const withoutTerminal = await testToolbox([ticket]);

/** A call as the model writes it; `args` may be broken JSON. */
function toolCall(name: string, args: Record<string, unknown> | string = {}): MessageToolCall {
  const raw = typeof args === "string" ? args : JSON.stringify(args);
  return { id: "c1", name, arguments: raw, origin: "completion" };
}

function parse(name: string, args: Record<string, unknown> | string, hasAnalyzer = false) {
  return parseToolCall(toolCall(name, args), { tools, hasAnalyzer });
}

function actionOf(name: string, args: Record<string, unknown> | string) {
  const parsed = parse(name, args);
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed.action;
}

function errorOf(name: string, args: Record<string, unknown> | string, hasAnalyzer = false) {
  const parsed = parse(name, args, hasAnalyzer);
  return "error" in parsed ? parsed.error : "understood";
}

describe("arguments", () => {
  it("may hold raw line breaks inside strings, also between pretty-printed lines", () => {
    expect(actionOf("terminal", '{\n  "command": "echo \\"a\n\tb\\""\n}')).toMatchObject({
      command: 'echo "a\n\tb"',
    });
  });

  it("that are no JSON are refused, and are replayed as something providers take", () => {
    const parsed = parse("terminal", '{"command": "ls');
    expect(parsed).toMatchObject({
      error: expect.stringMatching(/^Error validating tool 'terminal': .*\. Arguments: unparseable JSON$/),
    });
    expect(JSON.parse(parsed.call.arguments)).toEqual({
      _openhands_malformed_tool_call: true,
      error: "error" in parsed && parsed.error,
    });
  });

  it("that are null count as left out", () => {
    expect(actionOf("terminal", { command: "ls", timeout: null })).not.toHaveProperty("timeout");
  });

  it("that are nothing at all, or no object, are an empty object", () => {
    expect(errorOf("terminal", "")).toContain("command: is required");
    expect(errorOf("terminal", "[1]")).toContain("command: is required");
    expect(parse("terminal", "[1]").call.arguments).toBe("{}");
  });

  it.each([
    '{"command": "ls",\n  "timeout": 1.50}',
    '{"command":"ls \\u00fc","security_risk":"LOW"}',
    '{"command":"ls","timeout":100000000000000000000}',
  ])("stay in the log as the model wrote them: %s", (raw) => {
    expect(parse("terminal", raw).call.arguments).toBe(raw);
  });

  it.each([
    ['{"command": "ls", "timeout": null}', '{"command":"ls"}'],
    ['{"command": "ls", "securtiy_risk": "LOW"}', '{"command":"ls","security_risk":"LOW"}'],
    ['{"command": "a\nb"}', '{"command":"a\\nb"}'],
    ['{"command": ["l", "s"]}', '{"command":"ls"}'],
  ])("are written anew where they were mended: %j", (raw, mended) => {
    expect(parse("terminal", raw).call.arguments).toBe(mended);
  });

  it("are mended where the meaning is plain", () => {
    expect(
      actionOf("file_editor", { command: "view", path: "/a", view_range: "[1, 5]</parameter>" }),
    ).toMatchObject({
      view_range: [1, 5],
    });
    expect(actionOf("tags", { names: '["a\nb"]' })).toMatchObject({ data: { names: ["a\nb"] } });
    expect(actionOf("file_editor", { command: "create", path: "/a", file_text: ["x", "y"] })).toMatchObject({
      file_text: "xy",
    });
    expect(
      actionOf("file_editor", { command: "insert", path: "/a", insert_line: "3", new_str: "x" }),
    ).toMatchObject({
      insert_line: 3,
    });
    expect(actionOf("terminal", { command: "ls", is_input: "True" })).toMatchObject({ is_input: true });
  });

  it("that stay wrong are named, with what was given", () => {
    expect(errorOf("terminal", { cmd: "ls" })).toMatch(
      /^Error validating tool 'terminal': .*command: is required.*\. Parameters provided: \['cmd'\]$/,
    );
    expect(errorOf("bash", { cmd: "ls" })).toMatch(/^Error validating tool 'bash': /);
  });
});

describe("names", () => {
  it.each([
    ["bash", { command: "ls" }, { command: "ls" }],
    ["execute_bash", { command: "ls" }, { command: "ls" }],
    ["terminal</function>", { command: "ls" }, { command: "ls" }],
    ["git", { command: "status" }, { command: "git status" }],
    ["git", { command: "git status" }, { command: "git status" }],
    ["git", { command: "github status" }, { command: "git github status" }],
    ["reset", {}, { command: "reset" }],
    ["ls", { summary: "look around" }, { command: "ls" }],
  ])("%s %j goes to the terminal", (name, args, action) => {
    expect(actionOf(name, args)).toMatchObject({ ...action, kind: "TerminalAction" });
  });

  it("grep becomes a command with whichever program is there", () => {
    expect(actionOf("grep", { pattern: "it's", path: "/src", include: "*.ts" })).toMatchObject({
      command:
        "if command -v rg >/dev/null 2>&1; then rg -n -i -e 'it'\\''s' --sortr=modified -g '*.ts' -- '/src'; " +
        "else grep -R -I -n -i -e 'it'\\''s' --include='*.ts' -- '/src'; fi",
    });
  });

  it.each([
    [{ path: "/a", old_str: "x", new_str: "y" }, "str_replace"],
    [{ path: "/a", insert_line: 1, new_str: "y" }, "insert"],
    [{ path: "/a", file_text: "x" }, "create"],
    [{ path: "/a" }, "view"],
  ])("str_replace_editor %j means %s", (args, command) => {
    expect(actionOf("str_replace_editor", args)).toMatchObject({ command, kind: "FileEditorAction" });
  });

  it("a file_editor call that says nothing is refused with the ways to say something", () => {
    expect(errorOf("file_editor", {})).toMatch(/^Error validating tool 'file_editor': command is missing/);
  });

  it("that are nowhere are refused with the list of tools, and made fit for replay", () => {
    expect(errorOf("fly to", {})).toBe(
      "Tool 'fly to' not found. Available: ['terminal', 'file_editor', 'ticket', 'tags', 'finish', 'think']",
    );
    expect(parse("fly to", {})).toMatchObject({ call: { name: "fly_to" } });
    expect(parseToolCall(toolCall("ls"), { tools: withoutTerminal, hasAnalyzer: false })).toHaveProperty(
      "error",
    );
  });

  it("in the log are the registered ones, with the mended arguments", () => {
    const parsed = parse("git", { command: "status", security_risk: "LOW", summary: "Look at changes" });
    expect(parsed.call).toEqual({
      id: "c1",
      name: "terminal",
      arguments: '{"security_risk":"LOW","summary":"Look at changes","command":"git status"}',
      origin: "completion",
    });
  });
});

describe("security_risk and summary", () => {
  it("are asked for first, unless the tool only reads or has a summary of its own", () => {
    const byName = new Map(
      toolSchemas(tools).map(({ name, parameters }) => [name, parameters.properties as object]),
    );
    expect(Object.keys(byName.get("terminal") ?? {}).slice(0, 3)).toEqual([
      "security_risk",
      "summary",
      "command",
    ]);
    expect(Object.keys(byName.get("think") ?? {})).toEqual(["summary", "thought"]);
    expect(Object.keys(byName.get("ticket") ?? {})).toEqual(["security_risk", "summary"]);
    expect(byName.get("ticket")).not.toMatchObject({ summary: { description: expect.anything() } });
  });

  it("are kept from the tool", () => {
    expect(actionOf("terminal", { command: "ls", security_risk: "LOW", summary: "x" })).toEqual({
      command: "ls",
      is_input: false,
      kind: "TerminalAction",
    });
  });

  it("count only when somebody asks for the risk", () => {
    expect(parse("terminal", { command: "ls", security_risk: "HIGH" })).toMatchObject({
      securityRisk: "UNKNOWN",
    });
    expect(parse("terminal", { command: "ls", security_risk: "HIGH" }, true)).toMatchObject({
      securityRisk: "HIGH",
    });
    expect(parse("terminal", { command: "ls", securtiy_risk: "low" }, true)).toMatchObject({
      securityRisk: "LOW",
    });
    expect(parse("terminal", { command: "ls" }, true)).toMatchObject({ securityRisk: "UNKNOWN" });
    expect(parse("think", { thought: "x", security_risk: "HIGH" }, true)).toMatchObject({
      securityRisk: "UNKNOWN",
    });
    expect(errorOf("terminal", { command: "ls", security_risk: "EXTREME" }, true)).toContain(
      'security_risk is "EXTREME", expected UNKNOWN, LOW, MEDIUM or HIGH',
    );
  });

  it("has a summary made of name and arguments when there is none", () => {
    expect(parse("terminal", { command: "ls", timeout: 5, summary: " " })).toMatchObject({
      summary: 'terminal: {"command": "ls", "timeout": 5}',
    });
    expect(parse("ticket", { summary: "It broke" })).toMatchObject({
      summary: "It broke",
      action: { data: { summary: "It broke" } },
    });
  });
});

describe("the events of a reply", () => {
  it("have thought and reasoning on the first action only", async () => {
    const llm = scriptedLlm([
      [think("hm"), say("Let me look."), call("nowhere"), call("terminal", { command: "ls" })],
    ]);
    const reply = await llm.complete({ messages: [], tools: [], signal: new AbortController().signal });
    const events = eventsOfCalls({
      reply,
      tools,
      hasAnalyzer: false,
      eventId: "e",
      responseId: "r",
      isKnownCall: () => false,
      newId: fixedClock().newId,
    });
    expect(events).toMatchObject([
      {
        kind: "ActionEvent",
        action: null,
        thought: [{ text: "Let me look." }],
        reasoning_content: "hm",
        llm_response_id: "r",
      },
      { kind: "AgentErrorEvent", tool_name: "nowhere", classification: { kind: "agent_action" } },
      { kind: "ActionEvent", tool_name: "terminal", thought: [], llm_response_id: "r" },
    ]);
    expect(events[2]).not.toHaveProperty("reasoning_content");
  });
});
