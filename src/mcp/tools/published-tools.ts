import { messageOf } from "../../errors.ts";
import type { Tool } from "../../tools/tool.ts";
import type { McpHost } from "../mcp-host.ts";
import type { AdvertisedTool, AdvertisedTools } from "./advertised-tools.ts";
import { toolName } from "./tool-names.ts";

export interface PublishedToolsParts {
  /** Name of the server. */
  server: string;
  /** Whether the names of tools begin with that of the server. */
  hasPrefix: boolean;
  host: Pick<McpHost, "tools" | "keeps">;
  /** Makes the tool that the model calls by a name. */
  toTool(name: string, advertised: AdvertisedTool): Tool;
}

/** The tools of one server among those of the agent. */
export class PublishedTools {
  readonly #parts: PublishedToolsParts;
  /** By the name for the model. */
  readonly #published = new Map<string, AdvertisedTool>();

  constructor(parts: PublishedToolsParts) {
    this.#parts = parts;
  }

  /** Adds, replaces and removes tools until they are those of a list. Returns what is left out, and why. */
  become(list: AdvertisedTools): string[] {
    const named = list.tools.map((tool) => ({ name: this.#nameOf(tool), tool }));
    // The first of two tools with one name is the one that counts.
    const wanted = new Map(named.toReversed().map(({ name, tool }) => [name, tool]));
    for (const [name, tool] of this.#published) {
      if (!isSame(wanted.get(name), tool)) this.#remove(name);
    }
    return [...list.leftOut, ...named.flatMap(({ name, tool }) => this.#add(name, tool))];
  }

  #nameOf({ name }: AdvertisedTool): string {
    const { server, hasPrefix } = this.#parts;
    return toolName(server, name, hasPrefix);
  }

  #remove(name: string): void {
    this.#published.delete(name);
    // Gone at once; its end is not waited for.
    void this.#parts.host.tools.remove(name);
  }

  #add(name: string, tool: AdvertisedTool): string[] {
    const { host, toTool } = this.#parts;
    if (isSame(this.#published.get(name), tool) || !host.keeps(name)) return [];
    if (host.tools.names.includes(name)) return [`'${tool.name}': another tool has the name '${name}'`];
    try {
      host.tools.add(toTool(name, tool));
      this.#published.set(name, tool);
      return [];
    } catch (error) {
      return [`'${tool.name}': ${messageOf(error)}`];
    }
  }
}

/** Whether a server describes a tool as it did before. */
function isSame(one: AdvertisedTool | undefined, other: AdvertisedTool): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
