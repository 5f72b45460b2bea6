import type { Tool } from "./tool.ts";

/** The tools that agents may name, in the order they were added. */
export class ToolRegistry {
  readonly #tools = new Map<string, Tool>();

  constructor(tools: Iterable<Tool> = []) {
    for (const tool of tools) this.add(tool);
  }

  /** Throws when a tool has the name already. */
  add(tool: Tool): void {
    if (this.#tools.has(tool.name)) throw new Error(`A tool named '${tool.name}' is already registered`);
    this.#tools.set(tool.name, tool);
  }

  has(name: string): boolean {
    return this.#tools.has(name);
  }

  get(name: string): Tool | undefined {
    return this.#tools.get(name);
  }

  all(): Tool[] {
    return [...this.#tools.values()];
  }

  names(): string[] {
    return [...this.#tools.keys()];
  }
}
