import { z } from "zod";

const toolCatalogEntry = z
  .object({
    name: z.string(),
    user_selectable: z.boolean().default(true).describe("Whether people choose it for an agent"),
    usable: z.boolean().default(true).describe("Whether the machine can run it"),
    description: z.string().default("").describe("For people; empty for tools that they do not choose"),
    in_default_set: z.boolean().default(false).describe("Whether agents without `tools` have it"),
  })
  .meta({ id: "ToolCatalogEntry" });

/** A tool as people see it who put an agent together. */
export type ToolCatalogEntry = z.output<typeof toolCatalogEntry>;

/** The tools that an agent can be given. */
export const toolCatalogResponse = z
  .object({ tools: z.array(toolCatalogEntry) })
  .meta({ id: "ToolCatalogResponse" });
