import { messageOf } from "../../errors.ts";
import type { ToolSchema } from "../../llm/llm.ts";
import type { Logger } from "../../logger.ts";
import type { ClientToolSpec, ToolDefinition } from "../../wire/agent/tool-definition.ts";
import type { Action } from "../../wire/events/actions.ts";
import type { Observation } from "../../wire/events/observations.ts";
import { ALWAYS_TOOLS } from "../catalogue.ts";
import type { Tool, ToolCallContext, ToolHost } from "../tool.ts";
import { clientTool } from "./client-tool.ts";
import { OpenTool } from "./open-tool.ts";
import type { ResponseFields } from "./response-schema.ts";

type ParsedCall = { action: Action; input: unknown } | { error: string };

/** The tools of one conversation: what the model is shown of them, and their executors. */
export interface Toolbox {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** For the model, without `security_risk` and `summary`, which the agent adds. */
  readonly schemas: readonly ToolSchema[];
  /** For `SystemPromptEvent.tools`. */
  readonly definitions: readonly ToolDefinition[];
  isReadOnly(name: string): boolean;
  /** Whether `summary` is an argument of the tool itself. */
  ownsSummary(name: string): boolean;
  /** Checks arguments; gives the wire action, `kind` last, or a text saying what is wrong, field by field. */
  parse(name: string, args: Record<string, unknown>): ParsedCall;
  /** The input of an action read back from the log, so that a call can be confirmed after a restart. */
  restore(name: string, action: Action): { input: unknown } | { error: string };
  /** Calls that share a name run one after the other; tools that declare nothing share `tool:<name>`. */
  resources(name: string, input: unknown): readonly string[];
  /** Known secret values are masked in what comes back and in the message of what is thrown. */
  run(name: string, input: unknown, context: ToolCallContext): Promise<Observation>;
  /** Closes every tool that was opened. Calls after that are refused. */
  close(): Promise<void>;
}

export interface ToolboxOptions {
  tools: readonly Tool[];
  clientTools: readonly ClientToolSpec[];
  host: Omit<ToolHost, "params">;
  /** `tools[].params` of the agent by tool name. */
  params: Record<string, Record<string, unknown>>;
  /** Fields the agent adds to a tool's arguments, by tool name. */
  responses?: Record<string, ResponseFields>;
  logger: Logger;
}

/** Nothing is started here: a tool is opened when it is first run. Throws when two tools have one name. */
export async function openToolbox(options: ToolboxOptions): Promise<Toolbox> {
  const { params, responses = {}, host } = options;
  const tools = new Map<string, OpenTool>();
  for (const tool of inOrder(options)) {
    if (tools.has(tool.name)) throw new Error(`Two tools are named '${tool.name}'`);
    const response = ownValue(responses, tool.name);
    tools.set(
      tool.name,
      new OpenTool(tool, { ...host, params: ownValue(params, tool.name) ?? {} }, response),
    );
  }
  return new ConversationToolbox(tools, options.logger);
}

/** As the model is shown them: the tools of the agent, the client's, the default ones. */
function inOrder({ tools, clientTools }: ToolboxOptions): Tool[] {
  const defaults = new Set(Object.values(ALWAYS_TOOLS));
  return [
    ...tools.filter((tool) => !defaults.has(tool)),
    ...clientTools.map(clientTool),
    ...tools.filter((tool) => defaults.has(tool)),
  ];
}

function ownValue<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

class ConversationToolbox implements Toolbox {
  readonly names: readonly string[];
  readonly schemas: readonly ToolSchema[];
  readonly definitions: readonly ToolDefinition[];
  readonly #tools: ReadonlyMap<string, OpenTool>;
  readonly #logger: Logger;

  constructor(tools: ReadonlyMap<string, OpenTool>, logger: Logger) {
    const opened = [...tools.values()];
    this.names = [...tools.keys()];
    this.schemas = opened.map((tool) => tool.schema);
    this.definitions = opened.map((tool) => tool.definition);
    this.#tools = tools;
    this.#logger = logger;
  }

  has(name: string): boolean {
    return this.#tools.has(name);
  }

  isReadOnly(name: string): boolean {
    return this.#tools.get(name)?.isReadOnly ?? false;
  }

  ownsSummary(name: string): boolean {
    return this.#tools.get(name)?.ownsSummary ?? false;
  }

  parse(name: string, args: Record<string, unknown>): ParsedCall {
    return this.#tools.get(name)?.parse(args) ?? this.#missing(name);
  }

  restore(name: string, action: Action): { input: unknown } | { error: string } {
    return this.#tools.get(name)?.restore(action) ?? this.#missing(name);
  }

  resources(name: string, input: unknown): readonly string[] {
    return this.#tools.get(name)?.resources(input) ?? [];
  }

  async run(name: string, input: unknown, context: ToolCallContext): Promise<Observation> {
    const tool = this.#tools.get(name);
    if (tool === undefined) throw new Error(this.#missing(name).error);
    return tool.run(input, context);
  }

  async close(): Promise<void> {
    const closing = [...this.#tools.values()].map(async (tool) => {
      try {
        await tool.close();
      } catch (error) {
        this.#logger.warn({ tool: tool.name, error: messageOf(error) }, "A tool did not close cleanly");
      }
    });
    await Promise.all(closing);
  }

  #missing(name: string): { error: string } {
    return { error: `Tool '${name}' not found. Available: [${this.names.join(", ")}]` };
  }
}
