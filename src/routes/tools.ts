import { z } from "zod";
import { group } from "../http/route/group.ts";
import type { Route } from "../http/route/route.ts";
import { type ToolCatalogEntry, toolCatalogResponse } from "../wire/tools.ts";

const toolRoute = group({ prefix: "/api/tools", tags: ["Tools"], auth: "key", access: "read" });

/** The tools of this server, in the order of their registration. Those of clients are not among them. */
export interface ListedTools {
  /** Names that an agent may have in its `tools`. */
  names: readonly string[];
  /** The tools with their words, under the names that models see. */
  entries: readonly ToolCatalogEntry[];
}

/** `/api/tools`: the tools to put an agent together from. */
export function toolRoutes(tools: () => ListedTools): Route[] {
  return [
    toolRoute
      .lazy(
        { method: "GET", path: "/", id: "list_available_tools", summary: "List the names of tools" },
        () => ({
          responses: { 200: { description: "In the order of registration", body: z.array(z.string()) } },
        }),
      )
      .handle(() => ({ status: 200, body: [...tools().names] })),

    toolRoute
      .lazy(
        { method: "GET", path: "/catalog", id: "get_tool_catalog", summary: "List tools to choose from" },
        () => ({
          responses: { 200: { description: "Every tool with its words", body: toolCatalogResponse } },
        }),
      )
      .handle(() => ({ status: 200, body: { tools: [...tools().entries] } })),
  ];
}
