/**
 * Tools of the reference that are not here and that an agent does without. Clients send them whether the server
 * has them or not (web front ends add the browser and sub-agent sets from a default list), always beside tools the
 * agent can do its work with. They are left out with a warning.
 *
 * The others of the reference (`apply_patch`, `read_file`, `write_file`, `edit`, `list_directory`, `grep`, `glob`,
 * `planning_file_editor`) are how an agent set up for them reads and writes files. Left out silently, it would start
 * and then be unable to work, so these are refused like any other unknown name.
 */
const OPTIONAL_TOOLS: ReadonlySet<string> = new Set([
  "browser_tool_set",
  "task_tool_set",
  "task",
  "workflow_tool_set",
  "workflow",
  "tom_consult",
  "sleeptime_compute",
]);

/** Class names that `include_default_tools` may hold and that are left out with a warning, for the same reason. */
const OPTIONAL_DEFAULT_TOOLS: ReadonlySet<string> = new Set([
  "SwitchLLMTool",
  "InvokeSkillTool",
  "VisionInspectTool",
]);

export function isOptionalTool(name: string): boolean {
  return OPTIONAL_TOOLS.has(name) || name.startsWith("browser_");
}

export function isOptionalDefaultTool(className: string): boolean {
  return OPTIONAL_DEFAULT_TOOLS.has(className);
}
