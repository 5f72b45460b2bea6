import type { ToolSpec } from "../../agent/agent.ts";

/** Class names of the tools that an agent lists in `include_default_tools`, by the name the model sees. */
const BUILT_IN: Readonly<Record<string, string>> = {
  finish: "FinishTool",
  think: "ThinkTool",
  switch_llm: "SwitchLLMTool",
  invoke_skill: "InvokeSkillTool",
  inspect_image_with_vision: "VisionInspectTool",
  route_task_to_model: "ClassifyAndSwitchLLMTool",
};

/** The class of a built-in tool by either of its names; undefined for other tools. */
export function builtInClass(name: string): string | undefined {
  if (Object.hasOwn(BUILT_IN, name)) return BUILT_IN[name];
  return Object.values(BUILT_IN).includes(name) ? name : undefined;
}

/** The one name of a tool: that which the model sees, for built-in tools that are named by class. */
export function toolName(name: string): string {
  const [own = name] = Object.entries(BUILT_IN).find(([, className]) => className === name) ?? [];
  return own;
}

/** Keeps one entry for each tool: the first, or the first that has parameters. */
export function withoutDoubles(specs: readonly ToolSpec[]): ToolSpec[] {
  const kept = new Map<string, ToolSpec>();
  for (const { name: written, params } of specs) {
    const name = toolName(written);
    const before = kept.get(name);
    if (before === undefined || (hasParams({ params }) && !hasParams(before)))
      kept.set(name, { name, params });
  }
  return [...kept.values()];
}

export function hasParams({ params }: Pick<ToolSpec, "params">): boolean {
  return Object.keys(params).length > 0;
}
