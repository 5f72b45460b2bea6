import type { Client } from "@modelcontextprotocol/client";
import { isObject } from "../../is-object.ts";
import { MAX_LIST_CHARACTERS, MAX_PAGES, MAX_TOOL_CHARACTERS, MAX_TOOLS } from "../limits.ts";
import { asItCame } from "./as-it-came.ts";

/** A tool as its server describes it. */
export interface AdvertisedTool extends Record<string, unknown> {
  name: string;
  description?: string | undefined;
  inputSchema: Record<string, unknown>;
}

/** The tools of a server, and what of its list is left out, in words for the user. */
export interface AdvertisedTools {
  tools: AdvertisedTool[];
  leftOut: string[];
}

/** Longest name of a tool that is looked at. */
const MAX_NAME = 256;

/** Asks a server for its tools. Bounded in every direction; what is left out is listed. */
export async function listTools(client: Client, options: { timeout: number }): Promise<AdvertisedTools> {
  const found = new Map<string, AdvertisedTool>();
  const leftOut: string[] = [];
  let characters = 0;
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await client.request({ method: "tools/list", params }, asItCame, options);
    const { tools, nextCursor } = answer as { tools?: unknown; nextCursor?: unknown };
    if (!Array.isArray(tools)) throw new Error("it has answered tools/list with something else than a list");
    for (const tool of tools) {
      const fault = faultOf(tool);
      const size = fault === undefined ? JSON.stringify(tool).length : 0;
      characters += size;
      if (found.size >= MAX_TOOLS || characters > MAX_LIST_CHARACTERS) {
        leftOut.push(`the tools after the first ${found.size}: a server may have ${MAX_TOOLS}`);
        return { tools: [...found.values()], leftOut };
      }
      const { name } = tool as AdvertisedTool;
      if (fault !== undefined) leftOut.push(fault);
      else if (size > MAX_TOOL_CHARACTERS) {
        leftOut.push(`'${name}': its description has more than ${MAX_TOOL_CHARACTERS} characters`);
      } else if (found.has(name)) leftOut.push(`a second tool with the name '${name}'`);
      else found.set(name, tool);
    }
    if (typeof nextCursor !== "string" || nextCursor === "") return { tools: [...found.values()], leftOut };
    cursor = nextCursor;
  }
  leftOut.push(`the tools after the first ${MAX_PAGES} pages of its list`);
  return { tools: [...found.values()], leftOut };
}

function faultOf(tool: unknown): string | undefined {
  if (!isObject(tool) || typeof tool.name !== "string" || tool.name === "") return "a tool without a name";
  if (tool.name.length > MAX_NAME) return `a tool with a name of ${tool.name.length} characters`;
  if (tool.description !== undefined && typeof tool.description !== "string") {
    return `'${tool.name}': its description is not a text`;
  }
  return isObject(tool.inputSchema) ? undefined : `'${tool.name}': it has no schema of its arguments`;
}
