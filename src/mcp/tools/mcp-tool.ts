import type { z } from "zod";
import { isObject } from "../../is-object.ts";
import { flattened } from "../../tools/json-schema.ts";
import type { Tool, ToolExecutor, ToolHost } from "../../tools/tool.ts";
import { topLevelInput } from "../../tools/toolbox/top-level-input.ts";
import { MCP_WIRE } from "../../tools/wire-form.ts";
import type { ToolAnnotations } from "../../wire/agent/tool-definition.ts";
import type { AdvertisedTool } from "./advertised-tools.ts";

type Arguments = Record<string, unknown>;

export interface McpToolParts {
  /** Name for the model. */
  name: string;
  advertised: AdvertisedTool;
  /** Opens the tool in a conversation. */
  open(host: ToolHost): ToolExecutor<Arguments>;
}

/**
 * Makes a tool of what a server describes. The model sees its schema with references inlined. Names, presence and types
 * of the arguments are checked here, the rest by the server.
 *
 * @throws Error for a schema that cannot be shown to a model
 */
export function mcpTool({ name, advertised, open }: McpToolParts): Tool<z.ZodType<Arguments>> {
  const { inputSchema, description } = advertised;
  if (inputSchema.type !== undefined && inputSchema.type !== "object") {
    throw new Error("its arguments are not an object");
  }
  const { properties = {}, ...schema } = flattened(inputSchema);
  return {
    name,
    description: description || "No description provided",
    input: topLevelInput(inputSchema, { allowsOthers: allowsOthers(inputSchema) }) as z.ZodType<Arguments>,
    parameters: { ...schema, type: "object", properties },
    annotations: toAnnotations(advertised.annotations),
    wire: MCP_WIRE,
    mcpTool: { ...advertised, name },
    open,
  };
}

/** The reference refuses every argument without a name, also where the server says that it takes any. */
function allowsOthers({ additionalProperties }: AdvertisedTool["inputSchema"]): boolean {
  return additionalProperties === true || isObject(additionalProperties);
}

/** Hints of another type than they should have are left out. */
function toAnnotations(source: unknown): ToolAnnotations | null {
  if (!isObject(source)) return null;
  const { title } = source;
  const hints = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const;
  const given = hints.flatMap((hint) => (typeof source[hint] === "boolean" ? [[hint, source[hint]]] : []));
  return { ...(typeof title === "string" ? { title } : {}), ...Object.fromEntries(given) };
}
