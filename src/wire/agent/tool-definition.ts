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
 * the Python client must know; tools of our users therefore show themselves as `MCPToolDefinition`.
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

/** A tool that runs at the client: its call is announced, never executed here. */
export const clientToolSpec = z
  .object({
    name: z.string().min(1),
    description: z.string(),
    parameters: z.looseObject({ type: z.literal("object") }),
    annotations: nullable(toolAnnotations),
  })
  .meta({ id: "ClientToolSpec" });

/** Hints about what a tool does, as MCP names them. */
export type ToolAnnotations = z.input<typeof toolAnnotations>;
export type ToolDefinition = z.input<typeof toolDefinition>;
export type ClientToolSpec = z.output<typeof clientToolSpec>;
