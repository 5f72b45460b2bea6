import type { Tool } from "./tool.ts";

/** Tools that an agent gets by one name. */
export interface ToolSet {
  /** The name, such as `task_tool_set`. */
  readonly name: string;
  /** The tools in the order the model sees them. Each takes the parameters that the set is named with. */
  readonly tools: readonly Tool[];
}

/** The tools that agents may name, in the order they were added. */
export class ToolRegistry {
  readonly #named = new Map<string, readonly Tool[]>();
  readonly #sets = new Set<string>();

  constructor(tools: Iterable<Tool | ToolSet> = []) {
    for (const tool of tools) this.add(tool);
  }

  /** Throws when a tool or a set has the name already. */
  add(added: Tool | ToolSet): void {
    const { name } = added;
    if (this.#named.has(name)) throw new Error(`A tool named '${name}' is already registered`);
    const isSet = "tools" in added;
    this.#named.set(name, isSet ? added.tools : [added]);
    if (isSet) this.#sets.add(name);
  }

  has(name: string): boolean {
    return this.#named.has(name);
  }

  /** The tools that an agent gets by a name. Undefined for an unknown one. */
  get(name: string): readonly Tool[] | undefined {
    return this.#named.get(name);
  }

  /** Every name with its tool; a set has several, or none, and so none here. */
  all(): { name: string; tool: Tool | undefined }[] {
    return [...this.#named].map(([name, [tool]]) => ({
      name,
      tool: this.#sets.has(name) ? undefined : tool,
    }));
  }

  names(): string[] {
    return [...this.#named.keys()];
  }
}
