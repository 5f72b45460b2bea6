import type { ToolCatalogEntry } from "../wire/tools.ts";
import { applyPatchTool } from "./apply-patch/apply-patch-tool.ts";
import { askOracleTool } from "./ask-oracle/ask-oracle-tool.ts";
import { fileEditorTool } from "./file-editor/file-editor-tool.ts";
import { planningFileEditorTool } from "./file-editor/planning-file-editor-tool.ts";
import { finishTool } from "./finish.ts";
import { editTool } from "./gemini-files/edit-tool.ts";
import { listDirectoryTool } from "./gemini-files/list-directory-tool.ts";
import { readFileTool } from "./gemini-files/read-file-tool.ts";
import { writeFileTool } from "./gemini-files/write-file-tool.ts";
import { invokeSkillTool } from "./invoke-skill/invoke-skill-tool.ts";
import type { NamedTool, ToolSet } from "./registry.ts";
import { ROUTE_TASK, routeTaskTool } from "./route-task/route-task-tool.ts";
import { globTool } from "./search/glob-tool.ts";
import { grepTool } from "./search/grep-tool.ts";
import { switchLlmTool } from "./switch-llm/switch-llm-tool.ts";
import { taskTool } from "./task/task-tool.ts";
import { taskTrackerTool } from "./task-tracker/task-tracker-tool.ts";
import { terminalTool } from "./terminal/terminal-tool.ts";
import { thinkTool } from "./think.ts";
import type { Tool } from "./tool.ts";
import { workflowTool } from "./workflow/workflow-tool.ts";

/** Name of the tools of a browser, which not every server has. */
export const BROWSER = "browser_tool_set";

/** Built-in tools that an agent may name in `tools`, in the order of `GET /api/tools/`. */
export function namedTools(): readonly (Tool | ToolSet)[] {
  const workflow = workflowTool();
  return [
    askOracleTool(),
    fileEditorTool,
    { name: "task_tool_set", tools: [taskTool] },
    taskTool,
    taskTrackerTool,
    terminalTool,
    { name: "workflow_tool_set", tools: [workflow] },
    workflow,
  ];
}

/** Built-in tools of presets, which follow the other tools of the server. */
export function presetTools(): readonly Tool[] {
  return [
    editTool,
    listDirectoryTool,
    readFileTool,
    writeFileTool,
    globTool,
    grepTool,
    planningFileEditorTool,
    applyPatchTool,
  ];
}

/** Tools that presets bring along and people do not choose one by one. */
const OF_PRESETS = { in_default_set: false, user_selectable: false };

/** Words about built-in tools for people. The description in a tool is for models. */
const BUILT_IN: Readonly<Record<string, Partial<ToolCatalogEntry> & { in_default_set: boolean }>> = {
  // Wanted by an LLM profile of a fixed name, or by the rules of a meta-profile.
  ask_oracle: { in_default_set: false, user_selectable: false },
  route_task_to_model: { in_default_set: false, user_selectable: false },
  apply_patch: { description: "Changes several files at once, all of them or none.", in_default_set: false },
  browser_tool_set: { description: "Opens web pages, reads them, clicks and types.", in_default_set: true },
  edit: OF_PRESETS,
  file_editor: { description: "Reads, creates and changes files.", in_default_set: true },
  glob: { description: "Finds files by their names.", in_default_set: false },
  grep: { description: "Finds files by their text.", in_default_set: false },
  list_directory: OF_PRESETS,
  planning_file_editor: OF_PRESETS,
  read_file: OF_PRESETS,
  // Chosen by hosts, which know whether a conversation may start others.
  start_child_conversation: { in_default_set: false, user_selectable: false },
  switch_llm: { description: "Gives the conversation another saved model.", in_default_set: true },
  task: { in_default_set: false, user_selectable: false },
  task_tool_set: {
    description: "Gives pieces of work to other agents, which report what they did.",
    in_default_set: false,
  },
  task_tracker: { description: "Keeps a list of the tasks of a longer piece of work.", in_default_set: true },
  terminal: { description: "Runs commands in a shell.", in_default_set: true },
  workflow: { in_default_set: false, user_selectable: false },
  workflow_tool_set: { in_default_set: false, user_selectable: false },
  write_file: OF_PRESETS,
};

/**
 * Shows a name of the registry to people who put an agent together. Tools of a host have the first sentence of their
 * description.
 */
function catalogueEntry({ name, tool, usable }: NamedTool): ToolCatalogEntry {
  const entry = { name, user_selectable: true, usable };
  const builtIn = BUILT_IN[name];
  if (builtIn !== undefined) return { ...entry, description: "", ...builtIn };
  const description = tool?.description;
  const words = typeof description === "string" ? description : "";
  return {
    ...entry,
    description: /^.*?[.!?](?=\s|$)/s.exec(words)?.[0] ?? words,
    in_default_set: false,
  };
}

const routeTask = routeTaskTool();

/** Tools of `include_default_tools` by class name. The registry does not list them. */
export const ALWAYS_TOOLS: Readonly<Record<string, Tool>> = {
  FinishTool: finishTool,
  ThinkTool: thinkTool,
  InvokeSkillTool: invokeSkillTool,
  SwitchLLMTool: switchLlmTool,
  [ROUTE_TASK]: routeTask,
};

/**
 * The tool that asks a model about an image, by its names. A conversation adds it itself, where a saved model sees
 * images.
 */
export const IMAGE_TOOL: ReadonlySet<string> = new Set(["VisionInspectTool", "inspect_image_with_vision"]);

/** Shows registered tools to clients, and with them the default ones that people or settings choose. */
export function catalogueOf(registered: readonly NamedTool[]): {
  names: string[];
  /** The names that agents have a use of. */
  usable: string[];
  entries: ToolCatalogEntry[];
} {
  const underOwnName = (tool: Tool): NamedTool => ({ name: tool.name, tool, usable: true });
  const all = [underOwnName(routeTask), ...registered, underOwnName(switchLlmTool)];
  const named = [{ ...underOwnName(routeTask), name: ROUTE_TASK }, ...registered];
  return {
    names: named.map(({ name }) => name),
    usable: named.filter(({ usable }) => usable).map(({ name }) => name),
    entries: all.map(catalogueEntry),
  };
}
