import type { ToolSpec } from "../../agent/agent.ts";

/** Tools that start sub-agents. */
export const DELEGATION_TOOLS: ReadonlySet<string> = new Set([
  "task_tool_set",
  "task",
  "workflow_tool_set",
  "workflow",
]);

/** Holds the sub-agents that a tool starts to the tools of its agent. Other tools stay as they are. */
export function scopedTool(tool: ToolSpec): ToolSpec {
  if (!DELEGATION_TOOLS.has(tool.name)) return tool;
  return { ...tool, params: { ...tool.params, sub_agent_scope: { tools: true } } };
}
