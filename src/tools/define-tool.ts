import type { z } from "zod";
import type { ToolAnnotations } from "../wire/agent/tool-definition.ts";
import { type Content, text } from "../wire/events/message.ts";
import type { Observation } from "../wire/events/observations.ts";
import { toParameters } from "./json-schema.ts";
import type { Tool, ToolCallContext, ToolExecutor, ToolHost, WireNames } from "./tool.ts";
import { MCP_WIRE } from "./wire-form.ts";

/**
 * What a tool may know of the call it answers.
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

/** Text, content parts, or both with `is_error`; fields beyond these go on the wire only with `wire` names. */
export type ToolOutput = string | readonly Content[] | ToolResult;

/** Content and more: `is_error` tells the model that the call failed. */
export interface ToolResult {
  content: string | readonly Content[];
  is_error?: boolean;
  [field: string]: unknown;
}

/** What `defineTool` makes a tool of. */
export interface ToolSource<Schema extends z.ZodObject, State> {
  /** What the model calls it: letters, digits, `_` and `-`, at most 64. */
  name: string;
  description: string | ((host: ToolHost) => string);
  /** Describe the fields with `.describe()`: the model reads it. */
  input: Schema;
  annotations?: ToolAnnotations;
  /** Class names on the wire, for tools that clients know by name. Their `input` must be JSON without transforms. */
  wire?: WireNames;
  /** Names of what the call touches: calls that share one run one after the other. `[]`: shares nothing. */
  resources?(input: z.output<Schema>, host: ToolHost): readonly string[] | Promise<readonly string[]>;
  /** Makes what the tool keeps for one conversation; called when it is first run there. */
  open?(host: ToolHost): State | Promise<State>;
  /** A throw is told to the model as an error and does not end the run. */
  run(input: z.output<Schema>, context: ToolContext<State>): ToolOutput | Promise<ToolOutput>;
  close?(state: State): void | Promise<void>;
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * A tool for agents, to be registered with `createServer({ tools })` and named in an agent's `tools`.
 * Throws a TypeError when the name is not one that providers take or the input cannot be written as JSON schema.
 */
export function defineTool<Schema extends z.ZodObject, State = undefined>(
  source: ToolSource<Schema, State>,
): Tool<Schema> {
  if (!NAME.test(source.name)) {
    throw new TypeError(`Tool name '${source.name}': use 1 to 64 letters, digits, underscores and dashes`);
  }
  return {
    name: source.name,
    description: source.description,
    input: source.input,
    parameters: parametersOf(source),
    annotations: source.annotations ?? null,
    wire: source.wire ?? MCP_WIRE,
    ...(source.resources && { resources: source.resources.bind(source) }),
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
    async close() {
      await source.close?.(state);
    },
  };
}

function toObservation(source: { name: string; wire?: WireNames }, output: ToolOutput): Observation {
  const result = toResult(source.name, output);
  const { content, is_error = false, kind: _kind, ...fields } = result;
  const shared = { content: typeof content === "string" ? [text(content)] : [...content], is_error };
  // Clients refuse fields they do not know, so the borrowed kind carries no others than its own.
  const own = source.wire === undefined ? { tool_name: source.name } : fields;
  return { ...shared, ...own, kind: source.wire?.observation ?? MCP_WIRE.observation } as Observation;
}

/** `run` may be JavaScript of anybody: what it returns is checked, so that no event becomes unreadable. */
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
