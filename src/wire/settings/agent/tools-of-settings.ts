import type { Agent, ToolSpec } from "../../agent/agent.ts";
import type { OpenHandsSettings } from "./agent-settings.ts";
import { builtInClass, hasParams, withoutDoubles } from "./built-in-tools.ts";

const DEFAULT_TOOLS: readonly ToolSpec[] = ["terminal", "file_editor", "task_tracker", "switch_llm"].map(
  (name) => ({ name, params: {} }),
);

/** The tools of settings; null selects the default set. */
export function toolsOrDefault(tools: readonly ToolSpec[] | null): readonly ToolSpec[] {
  return tools ?? DEFAULT_TOOLS;
}

const ROUTING = "ClassifyAndSwitchLLMTool";

const ALWAYS: readonly string[] = ["FinishTool", "ThinkTool"];

/** Sorts the tools of settings: built-in ones are named by class, except those with parameters. */
export function toolsOfSettings(settings: OpenHandsSettings): Pick<Agent, "tools" | "include_default_tools"> {
  const tools: ToolSpec[] = [];
  const classes = new Set(ALWAYS);
  for (const spec of withoutDoubles(toolsOrDefault(settings.tools))) {
    const builtIn = builtInClass(spec.name);
    if (builtIn === undefined) tools.push(spec);
    else if (!hasParams(spec)) classes.add(builtIn);
    else {
      tools.push({ name: builtIn, params: spec.params });
      classes.delete(builtIn);
    }
  }
  if (!settings.enable_classify_and_switch_llm_tool) return { tools, include_default_tools: [...classes] };
  classes.delete(ROUTING);
  const others = tools.filter(({ name }) => name !== ROUTING);
  return {
    tools: [...others, { name: ROUTING, params: routingParams(settings) }],
    include_default_tools: [...classes],
  };
}

function routingParams(settings: OpenHandsSettings): Record<string, unknown> {
  const { active_meta_profile: name, meta_profile: profile, meta_profile_llms: llms } = settings;
  return {
    ...(name ? { active_meta_profile: name } : {}),
    ...(profile === null ? {} : { meta_profile: profile }),
    ...(Object.keys(llms).length === 0 ? {} : { meta_profile_llms: llms }),
  };
}
