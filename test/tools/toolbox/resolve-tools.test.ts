import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentServerError } from "../../../src/errors.ts";
import { type Logger, silentLogger } from "../../../src/logger.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { fileEditorTool } from "../../../src/tools/file-editor/file-editor-tool.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import { taskTrackerTool } from "../../../src/tools/task-tracker/task-tracker-tool.ts";
import { type ResolveToolsOptions, resolveTools } from "../../../src/tools/toolbox/resolve-tools.ts";
import type { ClientToolSpec } from "../../../src/wire/agent/tool-definition.ts";

const weather = defineTool({ name: "weather", description: "", input: z.object({}), run: () => "21" });
const tides = defineTool({ name: "tides", description: "", input: z.object({}), run: () => "high" });
const registry = new ToolRegistry([
  fileEditorTool,
  taskTrackerTool,
  weather,
  { name: "coast_tool_set", tools: [tides, { ...weather, name: "wind" }] },
]);

function clientTool(name: string): ClientToolSpec {
  return { name, description: "", parameters: { type: "object" }, annotations: null };
}

function resolve(
  agent: { tools?: unknown[]; include_default_tools?: string[]; filter_tools_regex?: string | null },
  options: { clientTools?: ClientToolSpec[]; logger?: Logger } = {},
) {
  const tools = (agent.tools ?? []).map((tool) =>
    typeof tool === "string" ? { name: tool, params: {} } : tool,
  );
  const whole = { include_default_tools: [], filter_tools_regex: null, ...agent, tools };
  return resolveTools({
    agent: whole as ResolveToolsOptions["agent"],
    clientTools: [],
    registry,
    logger: silentLogger,
    ...options,
  });
}

async function refusalOf(action: () => Promise<unknown>): Promise<{ status: number; detail: unknown }> {
  try {
    await action();
  } catch (error) {
    if (AgentServerError.is(error)) return { status: error.status, detail: error.detail };
  }
  throw new Error("Nothing was refused");
}

function namesOf(resolved: Awaited<ReturnType<typeof resolve>>): string[] {
  return resolved.map(({ tool }) => tool.name);
}

describe("the tools of an agent", () => {
  it("are those it names, then the default ones", async () => {
    const resolved = await resolve({
      tools: [{ name: "weather", params: { depth: 1 } }, "file_editor"],
      include_default_tools: ["FinishTool", "ThinkTool"],
    });

    expect(namesOf(resolved)).toEqual(["weather", "file_editor", "finish", "think"]);
    expect(resolved.map(({ params }) => params)).toEqual([{ depth: 1 }, {}, {}, {}]);
  });

  it("are those of a set, each with its parameters, for the name of the set", async () => {
    const resolved = await resolve({ tools: [{ name: "coast_tool_set", params: { depth: 1 } }, "weather"] });

    expect(namesOf(resolved)).toEqual(["tides", "wind", "weather"]);
    expect(resolved.map(({ params }) => params)).toEqual([{ depth: 1 }, { depth: 1 }, {}]);
    expect(() => registry.add({ name: "coast_tool_set", tools: [] })).toThrow("already registered");
  });

  it.each(["finish", "FinishTool"])(
    "may be the default tool %s, which is then not added again",
    async (name) => {
      const tools = [name, "weather"];
      expect(namesOf(await resolve({ tools, include_default_tools: ["ThinkTool"] }))).toEqual([
        "weather",
        "finish",
        "think",
      ]);
      expect(await refusalOf(() => resolve({ tools, include_default_tools: ["FinishTool"] }))).toMatchObject({
        detail: "Tool 'finish' is named more than once",
      });
    },
  );

  it("must exist; the refusal says what does", async () => {
    expect(await refusalOf(() => resolve({ tools: ["weathr"] }))).toEqual({
      status: 422,
      detail:
        "Tool 'weathr' is not registered. Available: [file_editor, task_tracker, weather, coast_tool_set]",
    });
    expect(await refusalOf(() => resolve({ include_default_tools: ["WeatherTool"] }))).toEqual({
      status: 422,
      detail:
        "Default tool 'WeatherTool' is not known. Available: [FinishTool, ThinkTool, InvokeSkillTool, SwitchLLMTool, " +
        "ClassifyAndSwitchLLMTool, VisionInspectTool]",
    });
  });

  it("that clients add whether or not they are here are left out with a warning", async () => {
    const warned: object[] = [];
    const logger: Logger = { ...silentLogger, warn: (fields) => warned.push(fields) };

    const resolved = await resolve(
      {
        tools: ["weather", "browser_navigate", "tom_consult"],
        include_default_tools: ["FinishTool"],
      },
      { logger },
    );

    expect(namesOf(resolved)).toEqual(["weather", "finish"]);
    expect(warned).toEqual([{ tool: "browser_navigate" }, { tool: "tom_consult" }]);
  });

  it("that an agent cannot work without are refused when they are not here", async () => {
    for (const name of ["apply_patch", "planning_file_editor", "grep"]) {
      expect((await refusalOf(() => resolve({ tools: [name] }))).detail).toContain(
        `Tool '${name}' is not registered`,
      );
    }
  });

  it("are filtered from the start of the name; default ones are not", async () => {
    const filtered = async (pattern: string) =>
      namesOf(
        await resolve(
          {
            tools: ["weather", "file_editor"],
            include_default_tools: ["FinishTool"],
            filter_tools_regex: pattern,
          },
          { clientTools: [clientTool("file_picker")] },
        ),
      );

    expect(await filtered("file|x")).toEqual(["file_editor", "file_picker", "finish"]);
    expect(await filtered("ditor")).toEqual(["finish"]);
    expect(await refusalOf(() => filtered("("))).toEqual({
      status: 422,
      detail: "filter_tools_regex '(' is not a regular expression",
    });
  });

  it("have one name each", async () => {
    expect((await refusalOf(() => resolve({ tools: ["weather", "weather"] }))).detail).toBe(
      "Tool 'weather' is named more than once",
    );
    expect(() => registry.add(weather)).toThrow("already registered");
  });
});

describe("client tools", () => {
  it("come with the request or inside the agent, where the reference keeps them", async () => {
    const spec = clientTool("pick_color");
    const embedded = { name: "pick_color", params: { spec } };

    expect(namesOf(await resolve({ tools: [embedded] }))).toEqual(["pick_color"]);
    expect(namesOf(await resolve({ tools: [embedded, "weather"] }, { clientTools: [spec] }))).toEqual([
      "weather",
      "pick_color",
    ]);
  });

  it("may not have the name of another tool", async () => {
    const detailWith = async (...names: string[]) => {
      const clientTools = names.map(clientTool);
      const refusal = refusalOf(() => resolve({ include_default_tools: ["FinishTool"] }, { clientTools }));
      return (await refusal).detail;
    };

    expect(await detailWith("weather")).toContain("has the name of a tool of this server");
    expect(await detailWith("a", "a")).toContain("named more than once");
    expect(await detailWith("finish")).toContain("named more than once");
  });
});
