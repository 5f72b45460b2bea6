import { z } from "zod";
import { nullable } from "../nullable.ts";

export const toolAnnotations = z
  .object({
    title: nullable(z.string()),
    readOnlyHint: z.boolean().default(false),
    destructiveHint: z.boolean().default(true),
    idempotentHint: z.boolean().default(false),
    openWorldHint: z.boolean().default(true),
  })
  .meta({ id: "ToolAnnotations" });

/**
 * A tool as `SystemPromptEvent.tools` lists it. `kind`, `action_type` and `observation_type` are class names that
 * the Python client must know; custom tools are therefore listed as `MCPToolDefinition`.
 */
export const toolDefinition = z
  .looseObject({
    description: z.string(),
    action_type: z.string(),
    observation_type: nullable(z.string()),
    annotations: nullable(toolAnnotations),
    meta: nullable(z.looseObject({})),
    kind: z.string(),
    title: z.string(),
  })
  .meta({ id: "ToolDefinition" });

/** A JSON schema of an object. Its error says what was there instead, as in the reference. */
const objectSchema = z.record(z.string(), z.unknown()).superRefine(({ type }, context) => {
  if (type === "object") return;
  const got = typeof type === "string" ? `'${type}'` : "None";
  const message = `Value error, ClientToolSpec.parameters must be an object JSON Schema (got type=${got}). Example: {"type": "object", "properties": {...}}`;
  context.addIssue({ code: "custom", message, path: [] });
});

/** A tool that the client runs. The server publishes its calls and never executes them. */
export const clientToolSpec = z
  .object({
    name: z.string().min(1),
    description: z.string(),
    parameters: objectSchema.default({ type: "object", properties: {} }),
    annotations: nullable(toolAnnotations),
  })
  .meta({ id: "ClientToolSpec" });

/** Hints about the effects of a tool, as MCP names them. */
export type ToolAnnotations = z.input<typeof toolAnnotations>;
/** A tool as clients are shown it. */
export type ToolDefinition = z.input<typeof toolDefinition>;
/** The name, description and parameters of a tool that the client runs. */
export type ClientToolSpec = z.output<typeof clientToolSpec>;
