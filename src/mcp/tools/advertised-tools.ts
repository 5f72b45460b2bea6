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

/**
 * Asks a server for its tools. Bounded in every direction; what is left out is listed.
 *
 * @param options.timeout Milliseconds for all pages of the list together
 */
export async function listTools(client: Client, options: { timeout: number }): Promise<AdvertisedTools> {
  const list = new ListReader();
  const deadline = performance.now() + options.timeout;
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const timeout = Math.max(deadline - performance.now(), 1);
    const answer = await client.request({ method: "tools/list", params }, asItCame, { timeout });
    const { tools, nextCursor } = answer as { tools?: unknown; nextCursor?: unknown };
    if (!Array.isArray(tools)) throw new Error("it has answered tools/list with something else than a list");
    if (!tools.every((tool) => list.take(tool))) return list.found;
    if (typeof nextCursor !== "string" || nextCursor === "") return list.found;
    cursor = nextCursor;
  }
  list.leftOut.push(`the tools after the first ${MAX_PAGES} pages of its list`);
  return list.found;
}

/** Gathers the tools of a list, as far as there is room for them. */
class ListReader {
  readonly #tools = new Map<string, AdvertisedTool>();
  readonly leftOut: string[] = [];
  #characters = 0;

  get found(): AdvertisedTools {
    return { tools: [...this.#tools.values()], leftOut: this.leftOut };
  }

  /** Takes the next one, or notes what is wrong with it. False when there is no room for it and those after it. */
  take(tool: unknown): boolean {
    const fault = faultOf(tool);
    const size = fault === undefined ? JSON.stringify(tool).length : 0;
    this.#characters += size;
    const count = this.#tools.size;
    const isFull = count >= MAX_TOOLS || this.leftOut.length >= MAX_TOOLS;
    if (isFull || this.#characters > MAX_LIST_CHARACTERS) {
      this.leftOut.push(`the tools after the first ${count}: a server may have ${MAX_TOOLS}`);
      return false;
    }
    const { name } = tool as AdvertisedTool;
    if (fault !== undefined) this.leftOut.push(fault);
    else if (size > MAX_TOOL_CHARACTERS) {
      this.leftOut.push(`'${name}': its description has more than ${MAX_TOOL_CHARACTERS} characters`);
    } else if (this.#tools.has(name)) this.leftOut.push(`a second tool with the name '${name}'`);
    else this.#tools.set(name, tool as AdvertisedTool);
    return true;
  }
}

function faultOf(tool: unknown): string | undefined {
  if (!isObject(tool) || typeof tool.name !== "string" || tool.name === "") return "a tool without a name";
  if (tool.name.length > MAX_NAME) return `a tool with a name of ${tool.name.length} characters`;
  if (tool.description !== undefined && typeof tool.description !== "string") {
    return `'${tool.name}': its description is not a text`;
  }
  return isObject(tool.inputSchema) ? undefined : `'${tool.name}': it has no schema of its arguments`;
}
