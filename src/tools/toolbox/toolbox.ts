import { messageOf } from "../../errors.ts";
import type { ToolSchema } from "../../llm/llm.ts";
import type { Logger } from "../../logger.ts";
import type { Observers } from "../../observing/observers.ts";
import type { ToolDefinition } from "../../wire/agent/tool-definition.ts";
import type { Tool, ToolHost, ToolStorage } from "../tool.ts";
import { OpenTool } from "./open-tool.ts";
import type { ResolvedTool } from "./resolve-tools.ts";

/** The tools of one conversation. */
export interface Toolbox {
  /** Names of the tools, in the order the model sees them. */
  readonly names: readonly string[];
  /**
   * Schemas for the model, without `security_risk` and `summary`, which the agent adds. The array is replaced when the
   * set of tools changes.
   */
  readonly schemas: readonly ToolSchema[];
  /** Entries of `SystemPromptEvent.tools`. */
  readonly definitions: readonly ToolDefinition[];
  /** Advice of the tools for the system prompt, each text once. */
  readonly guidance: readonly string[];
  get(name: string): OpenTool | undefined;
  /** Adds a tool at the end. Throws when a tool has the name already and after `close`. */
  add(tool: Tool, params?: Record<string, unknown>): void;
  /** Removes a tool at once, then closes it. False when no tool has the name. Errors of closing are logged. */
  remove(name: string): Promise<boolean>;
  /** Closes every tool that was opened. Later calls of `run` reject. */
  close(): Promise<void>;
}

export interface ToolboxOptions {
  /** Tools in the order the model sees them, each name once. */
  tools: readonly ResolvedTool[];
  host: Omit<ToolHost, "params" | "storage">;
  storageOf(toolName: string): ToolStorage;
  logger: Logger;
  /** Watch the calls of tools. Default: none. */
  observers?: Observers | undefined;
}

/** Makes the toolbox of a conversation. A tool is opened at its first call. */
export function openToolbox({ tools, ...options }: ToolboxOptions): Toolbox {
  return new ConversationToolbox(tools, options);
}

class ConversationToolbox implements Toolbox {
  readonly #tools = new Map<string, OpenTool>();
  readonly #options: Omit<ToolboxOptions, "tools">;
  #schemas: readonly ToolSchema[] | null = null;
  #closed = false;

  constructor(tools: readonly ResolvedTool[], options: Omit<ToolboxOptions, "tools">) {
    this.#options = options;
    for (const tool of tools) this.#open(tool);
  }

  get names(): readonly string[] {
    return [...this.#tools.keys()];
  }

  get schemas(): readonly ToolSchema[] {
    this.#schemas ??= [...this.#tools.values()].map((tool) => tool.schema);
    return this.#schemas;
  }

  get definitions(): readonly ToolDefinition[] {
    return [...this.#tools.values()].map((tool) => tool.definition);
  }

  get guidance(): readonly string[] {
    const texts = [...this.#tools.values()].flatMap(({ guidance }) => (guidance ? [guidance] : []));
    return [...new Set(texts)];
  }

  get(name: string): OpenTool | undefined {
    return this.#tools.get(name);
  }

  add(tool: Tool, params: Record<string, unknown> = {}): void {
    const { name } = tool;
    if (this.#closed) throw new Error(`Tool '${name}' cannot be added: the conversation is closed`);
    if (this.#tools.has(name)) throw new Error(`Tool '${name}' cannot be added: the name is taken`);
    this.#open({ tool, params });
  }

  async remove(name: string): Promise<boolean> {
    const tool = this.#tools.get(name);
    if (tool === undefined) return false;
    this.#tools.delete(name);
    this.#schemas = null;
    await closeTool(tool, this.#options.logger);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#tools.values()].map((tool) => closeTool(tool, this.#options.logger)));
  }

  #open({ tool, params, response }: ResolvedTool): void {
    const { host, storageOf, observers } = this.#options;
    const storage = storageOf(tool.name);
    this.#tools.set(tool.name, new OpenTool(tool, { ...host, storage, params }, { response, observers }));
    this.#schemas = null;
  }
}

async function closeTool(tool: OpenTool, logger: Logger): Promise<void> {
  try {
    await tool.close();
  } catch (error) {
    logger.warn({ tool: tool.name, error: messageOf(error) }, "A tool did not close cleanly");
  }
}
