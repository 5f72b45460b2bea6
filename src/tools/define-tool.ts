import type { z } from "zod";
import type { ToolAnnotations } from "../wire/agent/tool-definition.ts";
import { type Content, text } from "../wire/events/message.ts";
import type { Observation } from "../wire/events/observations.ts";
import { toParameters } from "./json-schema.ts";
import type { Tool, ToolCallContext, ToolExecutor, ToolHost, WireNames } from "./tool.ts";
import { MCP_WIRE } from "./wire-form.ts";

/**
 * The call that a tool answers, with the part of the conversation it may use.
 *
 * @example A tool that reads a file of the agent and runs a program on it
 * ```ts
 * const countWords = defineTool({
 *   name: "count_words",
 *   description: "Counts the words of a file in the working directory.",
 *   input: z.object({ file: z.string() }),
 *   async run({ file }, { workspace, signal }) {
 *     const path = `${workspace.info.workingDir}/${file}`;
 *     if ((await workspace.files.stat(path)) === null) return { content: `${file} does not exist`, is_error: true };
 *     const { stdout } = await workspace.run(["wc", "-w", "--", path], { signal });
 *     return stdout;
 *   },
 * });
 * ```
 */
export interface ToolContext<State = undefined> extends ToolCallContext, Omit<ToolHost, "params"> {
  /** The value that `open` returned for this conversation. */
  state: State;
}

/** Text, content parts, or an object with either. */
export type ToolOutput = string | readonly Content[] | ToolResult;

/** A result with content. Other fields reach clients only for tools with `wire` names. */
export interface ToolResult {
  /** Text, or text and image parts. */
  content: string | readonly Content[];
  /** Whether the call failed. Default: false. */
  is_error?: boolean;
  [field: string]: unknown;
}

/** The description of a tool for `defineTool`. */
export interface ToolSource<Schema extends z.ZodObject, State> {
  /** Name for the model: 1 to 64 letters, digits, `_` and `-`. */
  name: string;
  /** Description for the model. A function when the text depends on the conversation. */
  description: string | ((host: ToolHost) => string);
  /** Arguments of a call. The model reads the texts of `.describe()`. */
  input: Schema;
  /**
   * Schema of `tools[].params`; a conversation whose agent has others is not started. Default: any, and `open` checks
   * them.
   */
  params?: z.ZodType;
  /** Hints about the effects of the tool, for policies and clients. Default: none. */
  annotations?: ToolAnnotations;
  /** Advice for the system prompt on when and how to use the tool. Tools that share a text have it there once. */
  guidance?: string;
  /** Facts about the tool for clients (`meta` in its description). Default: none. */
  meta?(host: ToolHost): Record<string, unknown>;
  /** Class names on the wire, for tools that clients know by name. Their `input` must have no transforms. */
  wire?: WireNames;
  /**
   * Names what a call touches. Calls that share a name run one after the other; with `[]` a call waits for none.
   * Default: calls of the tool run one after the other.
   */
  resources?(input: z.output<Schema>, host: ToolHost): readonly string[] | Promise<readonly string[]>;
  /**
   * Called when the tools of a conversation are opened, before the agent works, also after a restart. A failure is
   * logged and costs nothing else.
   */
  prepare?(host: Pick<ToolHost, "workspace" | "params">): Promise<void>;
  /** Makes the state of the tool in a conversation. Called at its first call there. */
  open?(host: ToolHost): State | Promise<State>;
  /** Answers a call. The model gets the message of a throw as an error; the run goes on. */
  run(input: z.output<Schema>, context: ToolContext<State>): ToolOutput | Promise<ToolOutput>;
  /**
   * Answers a call that another server has begun, from what the machine has of it, for example by
   * `workspace.handover?.run(actionId)`. Begins nothing. undefined where nothing is known of it. Called only where the
   * machine outlives its servers. Default: nothing is known.
   */
  resume?(
    input: z.output<Schema>,
    context: ToolContext<State>,
  ): ToolOutput | undefined | Promise<ToolOutput | undefined>;
  /** Releases the state of a conversation. Called once, when the conversation leaves memory. */
  close?(state: State): void | Promise<void>;
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Makes a tool to register with `createServer({ tools })` and to name in an agent's `tools`.
 *
 * @throws TypeError when providers would reject the name or the input cannot be written as JSON schema.
 *
 * @example
 * ```ts
 * const weather = defineTool({
 *   name: "weather",
 *   description: "Tells how warm it is in a city.",
 *   input: z.object({ city: z.string() }),
 *   run: async ({ city }) => `${await degreesIn(city)} °C`,
 * });
 * const server = createServer({ tools: [weather] });
 * ```
 */
export function defineTool<Schema extends z.ZodObject, State = undefined>(
  source: ToolSource<Schema, State>,
): Tool<Schema> {
  if (!NAME.test(source.name)) {
    throw new TypeError(`Tool name '${source.name}': use 1 to 64 letters, digits, underscores and dashes`);
  }
  return { ...builtInTool(source), parameters: parametersOf(source) };
}

/**
 * Makes a tool of this package. Its schema is tested, so it is not built to be checked: that would be a part of every
 * start.
 */
export function builtInTool<Schema extends z.ZodObject, State = undefined>(
  source: ToolSource<Schema, State>,
): Tool<Schema> {
  return {
    name: source.name,
    description: source.description,
    input: source.input,
    annotations: source.annotations ?? null,
    ...(source.params !== undefined && { params: source.params }),
    ...(source.guidance !== undefined && { guidance: source.guidance }),
    ...(source.meta && { meta: source.meta.bind(source) }),
    wire: source.wire ?? MCP_WIRE,
    ...(source.resources && { resources: source.resources.bind(source) }),
    ...(source.prepare && { prepare: source.prepare.bind(source) }),
    open: (host) => openSource(source, host),
  };
}

function parametersOf(source: { name: string; input: z.ZodType }): Record<string, unknown> {
  try {
    return toParameters(source.input);
  } catch (cause) {
    throw new TypeError(`Tool '${source.name}': its input cannot be written as JSON schema`, { cause });
  }
}

async function openSource<Schema extends z.ZodObject, State>(
  source: ToolSource<Schema, State>,
  host: ToolHost,
): Promise<ToolExecutor<z.output<Schema>>> {
  const state = (await source.open?.(host)) as State;
  const { params: _params, ...known } = host;
  return {
    async run(input, call) {
      const output = await source.run(input, { ...known, ...call, state });
      return toObservation(source, output);
    },
    async resume(input, call) {
      const output = await source.resume?.(input, { ...known, ...call, state });
      return output === undefined ? undefined : toObservation(source, output);
    },
    async close() {
      await source.close?.(state);
    },
  };
}

function toObservation(source: { name: string; wire?: WireNames }, output: ToolOutput): Observation {
  const result = toResult(source.name, output);
  const { content, is_error = false, kind: _kind, ...fields } = result;
  const shared = { content: typeof content === "string" ? [text(content)] : [...content], is_error };
  // Clients reject unknown fields, so the observation of an MCP tool has its own fields only.
  const own = source.wire === undefined ? { tool_name: source.name } : fields;
  return { ...shared, ...own, kind: source.wire?.observation ?? MCP_WIRE.observation } as Observation;
}

/** Checks what `run` returned, which may be untyped JavaScript: an invalid observation makes its event unreadable. */
function toResult(name: string, output: unknown): ToolResult {
  if (typeof output === "string" || Array.isArray(output)) return toResult(name, { content: output });
  const content = (output as Partial<ToolResult> | null | undefined)?.content;
  if (typeof content === "string" || (Array.isArray(content) && content.every(isContent)))
    return output as ToolResult;
  throw new TypeError(`Tool '${name}' must return a string, content parts, or an object with content`);
}

function isContent(part: unknown): boolean {
  const { type, text, image_urls } = (part ?? {}) as Record<string, unknown>;
  return (type === "text" && typeof text === "string") || (type === "image" && Array.isArray(image_urls));
}
