import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Logger, silentLogger } from "../../../src/logger.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { fileEditorTool } from "../../../src/tools/file-editor/file-editor-tool.ts";
import { finishTool } from "../../../src/tools/finish.ts";
import { thinkTool } from "../../../src/tools/think.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { clientTool } from "../../../src/tools/toolbox/client-tool.ts";
import type { OpenTool } from "../../../src/tools/toolbox/open-tool.ts";
import { openToolbox, type Toolbox, type ToolboxOptions } from "../../../src/tools/toolbox/toolbox.ts";
import { text } from "../../../src/wire/events/message.ts";
import { callContext, memoryStorage, toolHost } from "../tool-host.ts";

const weather = defineTool({
  name: "weather",
  description: "How warm it is in a city",
  input: z.object({
    city: z.string(),
    days: z.int().min(1).max(7).default(1),
    unit: z.enum(["c", "f"]).default("c"),
  }),
  run: ({ city, days }) => `${city}: 21 degrees for ${days} day(s)`,
});

const pickColor = {
  name: "pick_color",
  description: "Lets the user pick",
  parameters: {
    type: "object" as const,
    properties: { hint: { type: "string" }, count: { type: "integer" }, kind: { type: "string" } },
    required: ["hint"],
  },
  annotations: null,
};

async function toolboxOf(
  tools: readonly Tool[],
  options: Partial<Omit<ToolboxOptions, "tools">> & {
    secrets?: Record<string, string>;
    params?: Record<string, unknown>;
  } = {},
) {
  const { secrets = {}, params = {}, ...rest } = options;
  const host = await toolHost({ secrets });
  const resolved = tools.map((tool) => ({ tool, params }));
  return openToolbox({ tools: resolved, host, storageOf: memoryStorage, logger: silentLogger, ...rest });
}

function toolOf(toolbox: Toolbox, name: string): OpenTool {
  const tool = toolbox.get(name);
  if (tool === undefined) throw new Error(`No tool ${name}`);
  return tool;
}

/** Parses and runs, as the agent does. */
async function call(toolbox: Toolbox, name: string, args: Record<string, unknown>) {
  const tool = toolOf(toolbox, name);
  const parsed = tool.parse(args);
  if ("error" in parsed) throw new Error(parsed.error);
  return tool.run(parsed.input, callContext());
}

describe("a tool made with defineTool", () => {
  it("is shown to clients as an MCP tool, whose kinds every client knows", async () => {
    const toolbox = await toolboxOf([weather]);

    const parsed = toolOf(toolbox, "weather").parse({ city: "Oslo" });
    expect(parsed).toEqual({
      action: { data: { city: "Oslo" }, kind: "MCPToolAction" },
      input: { city: "Oslo", days: 1, unit: "c" },
    });
    expect(await call(toolbox, "weather", { city: "Oslo" })).toEqual({
      content: [text("Oslo: 21 degrees for 1 day(s)")],
      is_error: false,
      tool_name: "weather",
      kind: "MCPToolObservation",
    });
    expect(toolbox.definitions).toEqual([
      {
        description: "How warm it is in a city",
        action_type: "MCPToolAction",
        observation_type: "MCPToolObservation",
        annotations: null,
        meta: null,
        mcp_tool: {
          name: "weather",
          description: "How warm it is in a city",
          inputSchema: toolbox.schemas[0]?.parameters,
        },
        kind: "MCPToolDefinition",
        title: "weather",
      },
    ]);
  });

  it("may return parts and errors, and is refused anything else", async () => {
    const answers: unknown[] = [[text("a"), text("b")], { content: "no", is_error: true, extra: 1 }, 42];
    const odd = defineTool({
      name: "odd",
      description: "",
      input: z.object({}),
      run: () => answers.shift() as string,
    });
    const toolbox = await toolboxOf([odd]);

    expect(await call(toolbox, "odd", {})).toMatchObject({ content: [text("a"), text("b")] });
    expect(await call(toolbox, "odd", {})).toEqual({
      content: [text("no")],
      is_error: true,
      tool_name: "odd",
      kind: "MCPToolObservation",
    });
    await expect(call(toolbox, "odd", {})).rejects.toThrow("Tool 'odd' must return a string");
  });

  it("gets the facts of the call", async () => {
    const curious = defineTool({
      name: "curious",
      description: ({ workspace }) => `Works in ${workspace.info.workingDir}`,
      input: z.object({}),
      open: (host) => ({ greeting: `params ${JSON.stringify(host.params)}` }),
      run: (_input, { state, toolCallId, conversationId }) =>
        [state.greeting, toolCallId, conversationId].join(" "),
    });
    const host = await toolHost();
    const toolbox = await toolboxOf([curious], { host, params: { depth: 2 } });

    expect(toolbox.schemas[0]?.description).toBe(`Works in ${host.workspace.info.workingDir}`);
    expect(await call(toolbox, "curious", {})).toMatchObject({
      content: [text(`params {"depth":2} call_1 ${host.conversationId}`)],
    });
  });

  it("is refused a name that providers do not take and an input that JSON schema cannot say", () => {
    const source = { description: "", input: z.object({}), run: () => "" };

    expect(() => defineTool({ ...source, name: "my tool" })).toThrow("Tool name 'my tool'");
    expect(() => defineTool({ ...source, name: "late", input: z.object({ when: z.date() }) })).toThrow(
      "Tool 'late'",
    );
  });
});

describe("arguments", () => {
  it("are checked field by field, in words a model can act on", async () => {
    const toolbox = await toolboxOf([weather, fileEditorTool]);
    const error = (name: string, args: Record<string, unknown>) => toolOf(toolbox, name).parse(args);

    expect(error("weather", {})).toEqual({ error: "city: is required" });
    expect(error("weather", { city: 3, days: 9, unit: "k" })).toEqual({
      error:
        'city: expected string, received number; days: too big: expected number to be <=7; unit: must be one of "c", "f"',
    });
    expect(error("weather", { city: "Oslo", town: 1 })).toEqual({
      error: "town: unknown argument (allowed: city, days, unit)",
    });
    expect(error("file_editor", { command: "view", path: "/a", view_range: [1, "x"] })).toEqual({
      error: "view_range[1]: expected number, received string",
    });
  });

  it("named like inherited properties are unknown arguments too", async () => {
    const toolbox = await toolboxOf([weather]);
    const args = JSON.parse('{"city":"Oslo","__proto__":{"days":3}}') as Record<string, unknown>;

    expect(toolOf(toolbox, "weather").parse(args)).toEqual({
      error: "__proto__: unknown argument (allowed: city, days, unit)",
    });
  });
});

describe("an action read back from the log", () => {
  it("gives the input it was made from", async () => {
    const toolbox = await toolboxOf([weather, fileEditorTool, clientTool(pickColor)]);
    const cases: [string, Record<string, unknown>][] = [
      ["weather", { city: "Oslo", days: 2 }],
      ["file_editor", { command: "view", path: "/a", view_range: [1, 2] }],
      ["pick_color", { hint: "warm", kind: "primary" }],
    ];

    for (const [name, args] of cases) {
      const parsed = toolOf(toolbox, name).parse(args);
      if ("error" in parsed) throw new Error(parsed.error);
      const stored = JSON.parse(JSON.stringify(parsed.action, (_key, value) => value ?? undefined));
      expect(toolOf(toolbox, name).restore(stored)).toEqual({ input: parsed.input });
    }
  });

  it("is refused by a tool that takes another kind", async () => {
    const toolbox = await toolboxOf([weather]);

    expect(toolOf(toolbox, "weather").restore({ command: "ls", kind: "TerminalAction" })).toEqual({
      error: "Tool 'weather' takes MCPToolAction, not TerminalAction",
    });
  });
});

describe("secret values", () => {
  const leak = defineTool({
    name: "leak",
    description: "",
    input: z.object({ say: z.string() }),
    run: ({ say }) => {
      if (say.startsWith("throw")) throw new Error(say);
      return [
        text(say),
        { cache_prompt: false, type: "image" as const, image_urls: [`data:image/png;base64,${say}`] },
      ];
    },
  });

  it("are masked in text, the longest first, and never in image data", async () => {
    const toolbox = await toolboxOf([leak], {
      secrets: { A: "hunter2", B: "hunter2-long", C: "", D: "$(x)" },
    });

    expect((await call(toolbox, "leak", { say: "hunter2-long hunter2 $(x)" })).content).toEqual([
      text("<secret-hidden> <secret-hidden> <secret-hidden>"),
      // No image, whatever it begins with. Short values stay in fields other than words.
      {
        cache_prompt: false,
        type: "image",
        image_urls: ["data:image/png;base64,<secret-hidden> hunter2 $(x)"],
      },
    ]);
    const encoded = await toolboxOf([leak], { secrets: { A: "hunter2long" } });
    expect((await call(encoded, "leak", { say: "hunter2long" })).content).toEqual([
      text("<secret-hidden>"),
      { cache_prompt: false, type: "image", image_urls: ["data:image/png;base64,hunter2long"] },
    ]);
  });

  it("are masked in what is thrown and in file contents that clients are shown", async () => {
    const toolbox = await toolboxOf([leak, fileEditorTool], { secrets: { A: "hunter2-long" } });
    const path = `${(await toolHost()).workspace.info.workingDir}/.env`;

    await expect(call(toolbox, "leak", { say: "throw hunter2-long" })).rejects.toThrow(
      "throw <secret-hidden>",
    );
    await call(toolbox, "file_editor", { command: "create", path, file_text: "KEY=hunter2-long\n" });
    const observation = await call(toolbox, "file_editor", {
      command: "insert",
      path,
      insert_line: 1,
      new_str: "B=2",
    });
    expect(observation).toMatchObject({
      command: "insert",
      old_content: "KEY=<secret-hidden>\n",
      new_content: "KEY=<secret-hidden>\nB=2\n",
    });
    expect(JSON.stringify(observation)).not.toContain("hunter2");
  });
});

describe("the life of a tool", () => {
  function recording(log: string[], fail: { open?: number } = {}) {
    return defineTool({
      name: "recorder",
      description: "",
      input: z.object({}),
      open() {
        log.push("open");
        if ((fail.open ?? 0) > 0) {
          fail.open = 0;
          throw new Error("not yet");
        }
        return log;
      },
      run: () => "ok",
      close: (state) => {
        state.push("close");
      },
    });
  }

  it("begins at the first call, also when two come at once, and ends with the toolbox", async () => {
    const log: string[] = [];
    const toolbox = await toolboxOf([recording(log)]);
    expect(log).toEqual([]);

    await Promise.all([call(toolbox, "recorder", {}), call(toolbox, "recorder", {})]);
    await toolbox.close();
    await toolbox.close();

    expect(log).toEqual(["open", "close"]);
    await expect(call(toolbox, "recorder", {})).rejects.toThrow("Tool 'recorder' is closed");
  });

  it("ends when the tool is taken out, which is gone at once", async () => {
    const log: string[] = [];
    const toolbox = await toolboxOf([recording(log)]);
    await call(toolbox, "recorder", {});

    const removed = toolbox.remove("recorder");

    expect(toolbox.names).toEqual([]);
    expect(await removed).toBe(true);
    expect(log).toEqual(["open", "close"]);
    expect(await toolbox.remove("recorder")).toBe(false);
  });

  it("is never opened for a conversation that does not call it", async () => {
    const log: string[] = [];
    const toolbox = await toolboxOf([recording(log)]);

    await toolbox.close();

    expect(log).toEqual([]);
  });

  it("is opened again after a failure", async () => {
    const log: string[] = [];
    const toolbox = await toolboxOf([recording(log, { open: 1 })]);

    await expect(call(toolbox, "recorder", {})).rejects.toThrow("not yet");
    expect(await call(toolbox, "recorder", {})).toMatchObject({ content: [text("ok")] });
  });

  it("ends for all tools when one of them fails to close", async () => {
    const log: string[] = [];
    const warnings: object[] = [];
    const logger: Logger = { ...silentLogger, warn: (fields) => warnings.push(fields) };
    const broken = defineTool({
      name: "broken",
      description: "",
      input: z.object({}),
      run: () => "",
      close: () => Promise.reject(new Error("stuck")),
    });
    const toolbox = await toolboxOf([broken, recording(log)], { logger });
    await call(toolbox, "broken", {});
    await call(toolbox, "recorder", {});

    await toolbox.close();

    expect(log).toEqual(["open", "close"]);
    expect(warnings).toEqual([{ tool: "broken", error: "stuck" }]);
  });

  it("is not run when the call was interrupted before it began", async () => {
    const toolbox = await toolboxOf([weather]);
    const signal = AbortSignal.abort(new Error("interrupted"));

    await expect(
      toolOf(toolbox, "weather").run({ city: "Oslo", days: 1 }, callContext(signal)),
    ).rejects.toThrow("interrupted");
  });
});

describe("a client tool", () => {
  it("is announced by its own kind and answered at once", async () => {
    const toolbox = await toolboxOf([clientTool(pickColor)]);

    expect(toolOf(toolbox, "pick_color").parse({ hint: "warm" })).toMatchObject({
      action: { hint: "warm", count: null, kind: "ClientAction_pick_color" },
    });
    expect(toolOf(toolbox, "pick_color").parse({ hint: "warm", kind: "primary" })).toMatchObject({
      action: { mcp_arg_kind: "primary", kind: "ClientAction_pick_color" },
    });
    expect(await call(toolbox, "pick_color", { hint: "warm" })).toEqual({
      content: [text("Tool call dispatched to client.")],
      is_error: false,
      kind: "ClientToolObservation",
    });
    expect(toolbox.definitions[0]).toMatchObject({
      client_tool_name: "pick_color",
      input_schema: pickColor.parameters,
      kind: "ClientTool",
      title: "pick_color",
    });
    expect(toolbox.schemas[0]?.parameters).toBe(pickColor.parameters);
  });

  it("has its arguments checked at the top level", async () => {
    const toolbox = await toolboxOf([clientTool(pickColor)]);

    expect(toolOf(toolbox, "pick_color").parse({ count: 1.5, colour: "red" })).toEqual({
      error:
        "hint: is required; count: expected int, received number; colour: unknown argument (allowed: hint, count, kind)",
    });
  });
});

describe("what the agent asks of a toolbox", () => {
  it("knows read-only tools, own summaries and shared resources", async () => {
    const report = defineTool({
      name: "report",
      description: "",
      input: z.object({ summary: z.string() }),
      run: ({ summary }) => summary,
    });
    const toolbox = await toolboxOf([report, finishTool, thinkTool]);

    expect(toolbox.names).toEqual(["report", "finish", "think"]);
    const tools = toolbox.names.map((name) => toolOf(toolbox, name));
    expect(tools.map((tool) => tool.isReadOnly)).toEqual([false, true, true]);
    expect(tools.map((tool) => tool.ownsSummary)).toEqual([true, false, false]);
    expect(await toolOf(toolbox, "report").resources({})).toEqual(["tool:report"]);
    expect(await toolOf(toolbox, "think").resources({})).toEqual([]);
  });

  it("finishes with the message and thinks without more", async () => {
    const toolbox = await toolboxOf([finishTool, thinkTool]);

    expect(toolOf(toolbox, "finish").parse({ message: "Done" })).toMatchObject({
      action: { message: "Done", kind: "FinishAction" },
    });
    expect(await call(toolbox, "finish", { message: "Done" })).toEqual({
      content: [text("Done")],
      is_error: false,
      kind: "FinishObservation",
    });
    expect(await call(toolbox, "think", { thought: "Hm" })).toMatchObject({ kind: "ThinkObservation" });
    expect(toolbox.definitions.map(({ kind, title }) => [kind, title])).toEqual([
      ["FinishTool", "finish"],
      ["ThinkTool", "think"],
    ]);
  });
});

describe("tools that come and go", () => {
  it("are shown behind the others, with another list of schemas", async () => {
    const toolbox = await toolboxOf([finishTool]);
    const before = toolbox.schemas;
    toolbox.add(weather);

    expect(toolbox.names).toEqual(["finish", "weather"]);
    expect(toolbox.schemas).not.toBe(before);
    expect(toolbox.schemas.map(({ name }) => name)).toEqual(toolbox.names);
    expect(toolbox.definitions).toHaveLength(2);
    expect(await call(toolbox, "weather", { city: "Oslo" })).toMatchObject({ is_error: false });
  });

  it("are not added under a name that is taken, nor to a closed toolbox", async () => {
    const toolbox = await toolboxOf([weather]);

    expect(() => toolbox.add(weather)).toThrow("Tool 'weather' cannot be added: the name is taken");
    await toolbox.close();
    expect(() => toolbox.add(finishTool)).toThrow(
      "Tool 'finish' cannot be added: the conversation is closed",
    );
  });
});
