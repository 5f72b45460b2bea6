import type { ToolCatalogEntry } from "../wire/tools.ts";
import { fileEditorTool } from "./file-editor/file-editor-tool.ts";
import { finishTool } from "./finish.ts";
import { invokeSkillTool } from "./invoke-skill/invoke-skill-tool.ts";
import { taskTrackerTool } from "./task-tracker/task-tracker-tool.ts";
import { terminalTool } from "./terminal/terminal-tool.ts";
import { thinkTool } from "./think.ts";
import type { Tool } from "./tool.ts";

/** Built-in tools that an agent may name in `tools`, in the order of `GET /api/tools/`. */
export function namedTools(): readonly Tool[] {
  return [fileEditorTool, taskTrackerTool, terminalTool];
}

/** Words about built-in tools for people. The description in a tool is for models. */
const BUILT_IN: Readonly<Record<string, Partial<ToolCatalogEntry> & { in_default_set: boolean }>> = {
  file_editor: { description: "Reads, creates and changes files.", in_default_set: true },
  // Chosen by hosts, which know whether a conversation may start others.
  start_child_conversation: { in_default_set: false, user_selectable: false },
  task_tracker: { description: "Keeps a list of the tasks of a longer piece of work.", in_default_set: true },
  terminal: { description: "Runs commands in a shell.", in_default_set: true },
};

/**
 * Shows a name of the registry to people who put an agent together. Tools of a host have the first sentence of their
 * description.
 */
export function catalogueEntry({ name, tool }: { name: string; tool: Tool | undefined }): ToolCatalogEntry {
  // A tool that does not run here is not registered.
  const entry = { name, user_selectable: true, usable: true };
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

/** Tools of `include_default_tools` by class name. The registry does not list them. */
export const ALWAYS_TOOLS: Readonly<Record<string, Tool>> = {
  FinishTool: finishTool,
  ThinkTool: thinkTool,
  InvokeSkillTool: invokeSkillTool,
};
