import { describe, expect, it } from "vitest";
import { AgentServerError } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/logger.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import { taskTrackerTool } from "../../../src/tools/task-tracker/task-tracker-tool.ts";
import { resolveTools } from "../../../src/tools/toolbox/resolve-tools.ts";
import { openToolbox, type Toolbox } from "../../../src/tools/toolbox/toolbox.ts";
import { memoryStorage, toolHost } from "../tool-host.ts";

const VERDICT = {
  type: "object",
  title: "Verdict",
  properties: {
    score: { type: "integer", minimum: 0, maximum: 10, description: "How good it is." },
    found: { type: "array", items: { $ref: "#/$defs/Finding" } },
    note: { anyOf: [{ type: "string" }, { type: "null" }] },
  },
  required: ["score", "note"],
  additionalProperties: false,
  $defs: { Finding: { type: "object", properties: { file: { type: "string" } }, required: ["file"] } },
};

function resolve(name: string, schema: unknown) {
  return resolveTools({
    agent: {
      tools: [{ name, params: { response_schema: schema } }],
      include_default_tools: ["ThinkTool"],
      filter_tools_regex: null,
      agent_context: null,
    },
    clientTools: [],
    registry: new ToolRegistry([taskTrackerTool]),
    logger: silentLogger,
  });
}

async function finishWith(schema: unknown): Promise<Toolbox> {
  return openToolbox({
    tools: await resolve("FinishTool", schema),
    host: await toolHost(),
    storageOf: memoryStorage,
    logger: silentLogger,
  });
}

async function refusalOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    if (AgentServerError.is(error) && error.status === 422) return error.detail;
  }
  throw new Error("Nothing was refused");
}

describe("a tool with a response schema", () => {
  it("shows the model its own fields and the response's, references written out", async () => {
    const tools = await finishWith(VERDICT);

    expect(tools.schemas.find(({ name }) => name === "finish")?.parameters).toMatchObject({
      type: "object",
      properties: {
        message: { type: "string" },
        score: { type: "integer", maximum: 10 },
        found: { type: "array", items: { type: "object", properties: { file: { type: "string" } } } },
      },
      required: ["message", "score", "note"],
    });
  });

  it("keeps the response out of the action and out of the definition that clients read", async () => {
    const tools = await finishWith(VERDICT);
    const parsed = tools.get("finish")?.parse({
      message: "done",
      score: 7,
      found: [{ file: "a.ts" }],
      note: "ok",
    });

    expect(parsed).toMatchObject({ action: { message: "done", kind: "FinishAction" } });
    expect((parsed as { action: object }).action).not.toHaveProperty("score");
    expect(JSON.stringify(tools.definitions)).not.toContain("score");
  });

  it("takes a null that was left out", async () => {
    const tools = await finishWith(VERDICT);

    expect(tools.get("finish")?.parse({ message: "done", score: 7 })).toHaveProperty("action");
  });

  it.each([
    [{ message: "done", note: "n" }, "score: is required"],
    [{ message: "done", note: "n", score: 11 }, /^score: .*10/],
    [{ score: 7, note: "n" }, "message: is required"],
    [{ score: "high", note: "n" }, /^message: is required; score: expected/],
    [{ message: "done", note: "n", score: 7, found: [{}] }, "found[0].file: is required"],
    [{ message: "done", note: "n", score: 7, other: 1 }, /^other: unknown argument/],
  ])("refuses %j with words for the model", async (args, problem) => {
    const parsed = (await finishWith(VERDICT)).get("finish")?.parse(args) as { error: string };

    expect(parsed.error).toEqual(typeof problem === "string" ? problem : expect.stringMatching(problem));
  });

  it("is opened without it among its params", async () => {
    expect((await resolve("task_tracker", VERDICT))[0]).toMatchObject({ tool: taskTrackerTool, params: {} });
  });

  it("leaves a schema that contains itself open at its second place", async () => {
    const tree = {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "#/$defs/Tree" } } },
    };
    const schema = { type: "object", properties: { tree: { $ref: "#/$defs/Tree" } }, $defs: { Tree: tree } };
    const tools = await finishWith(schema);

    expect(tools.schemas[0]?.parameters.properties).toMatchObject({
      tree: { properties: { children: { items: { type: "object" } } } },
    });
    expect(
      tools.get("finish")?.parse({ message: "", tree: { children: [{ children: [3] }] } }),
    ).toHaveProperty("error");
  });
});

describe("a response schema that cannot be used is refused when the conversation is made", () => {
  const with_ = (change: object) => ({ type: "object", properties: { a: { type: "string" } }, ...change });

  it.each([
    ["no object", "text", "Tool 'finish': params.response_schema: "],
    ["another type", { type: "array" }, "Tool 'finish': params.response_schema.type: "],
    [
      "no fields",
      with_({ properties: {} }),
      "params.response_schema.properties: must name at least one field",
    ],
    [
      "free fields",
      with_({ additionalProperties: true }),
      "params.response_schema.additionalProperties: only false",
    ],
    [
      "alternatives of the whole",
      with_({ anyOf: [{}] }),
      "params.response_schema.anyOf: is not supported at the top",
    ],
    [
      "a required field that is not there",
      with_({ required: ["b"] }),
      "params.response_schema.required: 'b' is not",
    ],
    [
      "a reserved name",
      with_({ properties: { summary: {} } }),
      "params.response_schema.properties.summary: the name",
    ],
    [
      "a name of the tool",
      with_({ properties: { message: {} } }),
      "params.response_schema.properties.message: the name",
    ],
    ["an unknown type", with_({ properties: { a: { type: "text" } } }), "Unsupported type: text"],
    ["a broken reference", with_({ properties: { a: { $ref: "#/$defs/No" } } }), "Reference not found"],
  ])("%s", async (_what, schema, detail) => {
    expect(await refusalOf(() => resolve("FinishTool", schema))).toContain(detail);
  });

  it("references that grow without end", async () => {
    const level = (next: number) => ({
      type: "object",
      properties: { l: { $ref: `#/$defs/D${next}` }, r: { $ref: `#/$defs/D${next}` } },
    });
    const $defs = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`D${n}`, level(n + 1)]));
    const schema = with_({ properties: { a: { $ref: "#/$defs/D0" } }, $defs: { ...$defs, D20: {} } });

    expect(await refusalOf(() => resolve("FinishTool", schema))).toContain("more than 5000 parts");
  });
});
