import { messageOf } from "../../errors.ts";
import type { ToolSchema } from "../../llm/llm.ts";
import type { Logger } from "../../logger.ts";
import type { ToolDefinition } from "../../wire/agent/tool-definition.ts";
import type { ToolHost } from "../tool.ts";
import { OpenTool } from "./open-tool.ts";
import type { ResolvedTool } from "./resolve-tools.ts";

/** The tools of one conversation. */
export interface Toolbox {
  /** In the order the model is shown them. */
  readonly names: readonly string[];
  /** Schemas for the model, without `security_risk` and `summary`, which the agent adds. Another array when the set of tools changes. */
  readonly schemas: readonly ToolSchema[];
  /** Entries of `SystemPromptEvent.tools`. */
  readonly definitions: readonly ToolDefinition[];
  get(name: string): OpenTool | undefined;
  /** Closes every tool that was opened. Later calls of `run` are refused. */
  close(): Promise<void>;
}

export interface ToolboxOptions {
  /** In the order the model is shown them, each name once. */
  tools: readonly ResolvedTool[];
  host: Omit<ToolHost, "params">;
  logger: Logger;
}

/** Makes the tools of a conversation ready. A tool is opened at its first call. */
export function openToolbox({ tools, host, logger }: ToolboxOptions): Toolbox {
  const opened = new Map(
    tools.map(({ tool, params, response }) => [tool.name, new OpenTool(tool, { ...host, params }, response)]),
  );
  const all = [...opened.values()];
  return {
    names: [...opened.keys()],
    schemas: all.map((tool) => tool.schema),
    definitions: all.map((tool) => tool.definition),
    get: (name) => opened.get(name),
    close: async () => void (await Promise.all(all.map((tool) => closeTool(tool, logger)))),
  };
}

async function closeTool(tool: OpenTool, logger: Logger): Promise<void> {
  try {
    await tool.close();
  } catch (error) {
    logger.warn({ tool: tool.name, error: messageOf(error) }, "A tool did not close cleanly");
  }
}
