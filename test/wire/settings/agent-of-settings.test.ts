import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agent as agentSchema } from "../../../src/wire/agent/agent.ts";
import { agentOfSettings } from "../../../src/wire/settings/agent/agent-of-settings.ts";
import { openHandsSettings } from "../../../src/wire/settings/agent/agent-settings.ts";

const llm = { model: "openai/gpt-4o", api_key: "k", stream: true };

function agentOf(settings: object) {
  return agentOfSettings(openHandsSettings.parse({ llm, ...settings }), "2026-01-02T03:04:05Z");
}

const names = ({ tools }: { tools: readonly { name: string }[] }) => tools.map(({ name }) => name);

/** Settings and the agent that the reference builds from them, one pair a line, without long lists and the time. */
const REFERENCE = readFileSync(join(import.meta.dirname, "reference-agents.txt"), "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split("\t"));

describe("the agent that the reference builds", () => {
  it.each(REFERENCE)("of %s", (settings = "", agent = "") => {
    expect(agentOf(JSON.parse(settings))).toMatchObject(JSON.parse(agent));
  });
});

describe("the agent of settings", () => {
  it("has the keys of an agent in a request, in their order", () => {
    expect(Object.keys(agentOf({}))).toEqual(Object.keys(agentSchema.parse({ kind: "Agent", llm })));
  });

  it("has the default tools, and can switch its model", () => {
    const agent = agentOf({});
    expect(names(agent)).toEqual(["terminal", "file_editor", "task_tracker"]);
    expect(agent.include_default_tools).toEqual(["FinishTool", "ThinkTool", "SwitchLLMTool"]);
  });

  it("has the tools that they name, the built-in ones by their class", () => {
    const tools = [
      { name: "terminal" },
      { name: "switch_llm" },
      { name: "terminal", params: { env: { A: "b" } } },
      { name: "finish", params: { response_schema: {} } },
    ];
    const agent = agentOf({ tools });
    expect(agent.tools).toEqual([
      { name: "terminal", params: { env: { A: "b" } } },
      { name: "FinishTool", params: { response_schema: {} } },
    ]);
    expect(agent.include_default_tools).toEqual(["ThinkTool", "SwitchLLMTool"]);
    expect(agentOf({ tools: [] })).toMatchObject({
      tools: [],
      include_default_tools: ["FinishTool", "ThinkTool"],
    });
  });

  it("routes by the profile that they name", () => {
    const agent = agentOf({ enable_classify_and_switch_llm_tool: true, active_meta_profile: "fast" });
    expect(agent.tools.at(-1)).toEqual({
      name: "ClassifyAndSwitchLLMTool",
      params: { active_meta_profile: "fast" },
    });
  });

  it("summarises with a copy of its model that does not stream", () => {
    expect(agentOf({}).condenser).toMatchObject({
      llm: { usage_id: "condenser", stream: false },
      max_size: 240,
    });
    expect(agentOf({ condenser: { enabled: false } }).condenser).toBeNull();
    expect(agentOf({ condenser: { condenser_kind: "no_op" } }).condenser).toEqual({ kind: "NoOpCondenser" });
  });

  it("has a critic when it is enabled and there is a key", () => {
    const verification = { critic_enabled: true, critic_threshold: 0.9, enable_iterative_refinement: true };
    expect(agentOf({ verification }).critic).toMatchObject({
      kind: "APIBasedCritic",
      api_key: "k",
      iterative_refinement: { success_threshold: 0.9, max_iterations: 3 },
    });
    expect(agentOf({ verification, llm: { model: "m" } }).critic).toBeNull();
    expect(agentOf({}).critic).toBeNull();
  });
});
