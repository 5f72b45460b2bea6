import { fileEditorTool } from "./file-editor/file-editor-tool.ts";
import { taskTrackerTool } from "./task-tracker/task-tracker-tool.ts";
import { terminalTool } from "./terminal/terminal-tool.ts";
import type { Tool } from "./tool.ts";

/** The tools an agent may name in `tools`, in the order `GET /api/tools/` lists them. */
export function builtinTools(): readonly Tool[] {
  return [fileEditorTool, taskTrackerTool, terminalTool];
}
