import { planStructure } from "../tools/plan-sections.ts";
import type { CodeAgentInput } from "../wire/agent/agent.ts";
import type { LlmConfigInput } from "../wire/agent/llm-config.ts";

/**
 * The name of a preset: the usual tools, those that GPT-5 or Gemini models know best, or those of an agent that plans.
 */
export type AgentPreset = "default" | "gpt5" | "gemini" | "planning";

/** Options of `presetAgent`. */
export interface PresetOptions {
  /** The model of the agent, and of its condenser. */
  llm: LlmConfigInput;
  /** Whether the agent works at a command line: its prompt says so, and it has no browser. Default: false. */
  cliMode?: boolean;
  /** Whether the agent may give pieces of work to others. For `default` alone. Default: false. */
  hasSubAgents?: boolean;
  /** Absolute path of the plan. For `planning` alone. Default: `.agents_tmp/PLAN.md` in the working directory. */
  planPath?: string;
}

/** Tools that change files, by the preset that has them. */
const EDITORS = {
  default: ["file_editor"],
  gpt5: ["apply_patch"],
  gemini: ["read_file", "write_file", "edit", "list_directory"],
} as const;

/**
 * Makes an agent for a start request: tools, prompt and condenser that fit together. Change what it returns as you
 * like.
 *
 * @example
 * ```ts
 * const { conversation } = await server.conversations.create({
 *   agent: presetAgent("gpt5", { llm: { model: "openai/gpt-5.6", api_key } }),
 *   workspace: { working_dir: "/srv/project" },
 * });
 * ```
 */
export function presetAgent(preset: AgentPreset, options: PresetOptions): CodeAgentInput {
  if (preset === "planning") return planner(options);
  const { llm, cliMode = false, hasSubAgents = false } = options;
  const names = [
    "terminal",
    ...EDITORS[preset],
    "task_tracker",
    ...(cliMode ? [] : ["browser_tool_set"]),
    ...(hasSubAgents && preset === "default" ? ["task_tool_set"] : []),
  ];
  return {
    llm,
    tools: names.map((name) => ({ name })),
    system_prompt_kwargs: { cli_mode: cliMode },
    condenser: summaries(llm, { usage_id: "condenser", max_size: 80, keep_first: 4 }),
  };
}

/** An agent that reads everything and writes a plan alone. */
function planner({ llm, planPath }: PresetOptions): CodeAgentInput {
  const params = planPath === undefined ? {} : { plan_path: planPath };
  return {
    llm,
    tools: [{ name: "glob" }, { name: "grep" }, { name: "planning_file_editor", params }],
    system_prompt_filename: "system_prompt_planning.j2",
    system_prompt_kwargs: { plan_structure: planStructure() },
    condenser: summaries(llm, { usage_id: "planning_condenser", max_size: 100, keep_first: 6 }),
  };
}

function summaries(
  llm: LlmConfigInput,
  { usage_id, ...sizes }: { usage_id: string; max_size: number; keep_first: number },
) {
  return { kind: "LLMSummarizingCondenser" as const, llm: { ...llm, usage_id }, ...sizes };
}
