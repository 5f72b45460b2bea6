import { fileEditorTool } from "./file-editor/file-editor-tool.ts";
import { finishTool } from "./finish.ts";
import { taskTrackerTool } from "./task-tracker/task-tracker-tool.ts";
import { terminalTool } from "./terminal/terminal-tool.ts";
import { thinkTool } from "./think.ts";
import type { Tool } from "./tool.ts";

/** Tools an agent may name in `tools`, in the order `GET /api/tools/` lists them. */
export function namedTools(): readonly Tool[] {
  return [fileEditorTool, taskTrackerTool, terminalTool];
}

/** Tools `include_default_tools` may name, by class name. They are not in the registry: agents need not ask for them. */
export const ALWAYS_TOOLS: Readonly<Record<string, Tool>> = {
  FinishTool: finishTool,
  ThinkTool: thinkTool,
};
