import { finishTool } from "./finish.ts";
import { thinkTool } from "./think.ts";
import type { Tool } from "./tool.ts";

/** What `include_default_tools` may name, by class name. They are in no registry: agents have them without asking. */
export const DEFAULT_TOOLS: Readonly<Record<string, Tool>> = {
  FinishTool: finishTool,
  ThinkTool: thinkTool,
};
