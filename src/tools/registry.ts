import type { Tool } from "./tool.ts";

/** Tools that an agent gets by one name. */
export interface ToolSet {
  /** The name, such as `task_tool_set`. */
  readonly name: string;
  /** Whether its tools can run on this server. Agents that name a set without use work without it. Default: true. */
  readonly usable?: boolean;
  /**
   * The tools in the order the model sees them. Each takes the parameters that the set is named with. A function loads
   * them when an agent names the set, and gives the same ones each time.
   */
  readonly tools: readonly Tool[] | (() => Promise<readonly Tool[]>);
}

/** A name that agents may use. */
export interface NamedTool {
  readonly name: string;
  /** undefined for a set, which has several tools or none. */
  readonly tool: Tool | undefined;
  /** Whether an agent that uses the name gets what it stands for. */
  readonly usable: boolean;
}

/** The tools that agents may name, in the order they were added. */
export class ToolRegistry {
  readonly #named = new Map<string, Tool | ToolSet>();

  constructor(tools: Iterable<Tool | ToolSet> = []) {
    for (const tool of tools) this.add(tool);
  }

  /** Throws when a tool or a set has the name already. */
  add(added: Tool | ToolSet): void {
    const { name } = added;
    if (this.#named.has(name)) throw new Error(`A tool named '${name}' is already registered`);
    this.#named.set(name, added);
  }

  has(name: string): boolean {
    return this.#named.has(name);
  }

  isUsable(name: string): boolean {
    const named = this.#named.get(name);
    return named !== undefined && isUsable(named);
  }

  /**
   * Resolves to the tools that an agent gets by a name: none of a set that cannot be used. Undefined for an unknown
   * one.
   */
  async get(name: string): Promise<readonly Tool[] | undefined> {
    const named = this.#named.get(name);
    if (named === undefined) return undefined;
    if (!isSet(named)) return [named];
    if (!isUsable(named)) return [];
    return typeof named.tools === "function" ? named.tools() : named.tools;
  }

  all(): NamedTool[] {
    return [...this.#named.values()].map((named) => ({
      name: named.name,
      tool: isSet(named) ? undefined : named,
      usable: isUsable(named),
    }));
  }

  names(): string[] {
    return [...this.#named.keys()];
  }
}

function isSet(named: Tool | ToolSet): named is ToolSet {
  return "tools" in named;
}

function isUsable(named: Tool | ToolSet): boolean {
  return !isSet(named) || named.usable !== false;
}
