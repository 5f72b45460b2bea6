import type { Agent, ToolSpec } from "../../agent/agent.ts";
import type { OpenHandsSettings } from "./agent-settings.ts";

const DEFAULT_TOOLS: readonly ToolSpec[] = ["terminal", "file_editor", "task_tracker", "switch_llm"].map(
  (name) => ({ name, params: {} }),
);

const ROUTING = "ClassifyAndSwitchLLMTool";

const ALWAYS: readonly string[] = ["FinishTool", "ThinkTool"];

/** Class names of the tools that an agent lists in `include_default_tools`, by the name the model sees. */
const BUILT_IN: Readonly<Record<string, string>> = {
  finish: "FinishTool",
  think: "ThinkTool",
  switch_llm: "SwitchLLMTool",
  invoke_skill: "InvokeSkillTool",
  inspect_image_with_vision: "VisionInspectTool",
  route_task_to_model: ROUTING,
};

/** Sorts the tools of settings: built-in ones are named by class, except those with parameters. */
export function toolsOfSettings(settings: OpenHandsSettings): Pick<Agent, "tools" | "include_default_tools"> {
  const tools: ToolSpec[] = [];
  const classes = new Set(ALWAYS);
  for (const spec of withoutDoubles(settings.tools ?? DEFAULT_TOOLS)) {
    const builtIn = builtInClass(spec.name);
    if (builtIn === undefined) tools.push(spec);
    else if (Object.keys(spec.params).length === 0) classes.add(builtIn);
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

/** Keeps one entry for each tool: the first, or the first that has parameters. */
function withoutDoubles(specs: readonly ToolSpec[]): ToolSpec[] {
  const kept = new Map<string, ToolSpec>();
  for (const spec of specs) {
    const name = builtInClass(spec.name) ?? spec.name;
    const before = kept.get(name);
    if (before === undefined || !hasParams(before))
      kept.set(name, before && !hasParams(spec) ? before : spec);
  }
  return [...kept.values()];
}

function hasParams({ params }: ToolSpec): boolean {
  return Object.keys(params).length > 0;
}

function builtInClass(name: string): string | undefined {
  if (Object.hasOwn(BUILT_IN, name)) return BUILT_IN[name];
  return Object.values(BUILT_IN).includes(name) ? name : undefined;
}

function routingParams(settings: OpenHandsSettings): Record<string, unknown> {
  const { active_meta_profile: name, meta_profile: profile, meta_profile_llms: llms } = settings;
  return {
    ...(name ? { active_meta_profile: name } : {}),
    ...(profile === null ? {} : { meta_profile: profile }),
    ...(Object.keys(llms).length === 0 ? {} : { meta_profile_llms: llms }),
  };
}
