import type { Agent } from "../../wire/agent/agent.ts";

/**
 * Modules of the reference that define tools which this server has under the same names. A Python client imports them
 * before it reads the events of such a tool.
 */
const MODULES: Readonly<Record<string, string>> = {
  terminal: "openhands.tools.terminal.definition",
  file_editor: "openhands.tools.file_editor.definition",
  task_tracker: "openhands.tools.task_tracker.definition",
  task_tool_set: "openhands.tools.task.definition",
  task: "openhands.tools.task.definition",
  workflow_tool_set: "openhands.tools.workflow.definition",
  workflow: "openhands.tools.workflow.definition",
  browser_tool_set: "openhands.tools.browser_use.definition",
  grep: "openhands.tools.grep.definition",
  glob: "openhands.tools.glob.definition",
  ask_oracle: "openhands.tools.ask_oracle.definition",
  ClassifyAndSwitchLLMTool: "openhands.sdk.tool.builtins.classify_and_switch_llm",
  apply_patch: "openhands.tools.apply_patch.definition",
  read_file: "openhands.tools.gemini.read_file.definition",
  write_file: "openhands.tools.gemini.write_file.definition",
  edit: "openhands.tools.gemini.edit.definition",
  list_directory: "openhands.tools.gemini.list_directory.definition",
  planning_file_editor: "openhands.tools.planning_file_editor.definition",
};

/** The modules that a request names, unchanged, and those of the agent's other tools that the reference has too. */
export function toolModules(
  requested: Readonly<Record<string, string>>,
  { tools }: Pick<Agent, "tools">,
): Record<string, string> {
  const known = tools.flatMap(({ name }) => (Object.hasOwn(MODULES, name) ? [[name, MODULES[name]]] : []));
  const own = Object.fromEntries(known.filter(([name]) => !Object.hasOwn(requested, name as string)));
  return { ...requested, ...own };
}
