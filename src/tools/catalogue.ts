import { fileEditorTool } from "./file-editor/file-editor-tool.ts";
import { finishTool } from "./finish.ts";
import { taskTrackerTool } from "./task-tracker/task-tracker-tool.ts";
import { terminalTool } from "./terminal/terminal-tool.ts";
import { thinkTool } from "./think.ts";
import type { Tool } from "./tool.ts";

/** Built-in tools that an agent may name in `tools`, in the order of `GET /api/tools/`. */
export function namedTools(): readonly Tool[] {
  return [fileEditorTool, taskTrackerTool, terminalTool];
}

/** Tools of `include_default_tools` by class name. The registry does not list them. */
export const ALWAYS_TOOLS: Readonly<Record<string, Tool>> = {
  FinishTool: finishTool,
  ThinkTool: thinkTool,
};
