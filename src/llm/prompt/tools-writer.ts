import type { ToolSchema } from "../llm.ts";

/**
 * Builds a writer of tools as the JSON text of a list. Each list is converted and written once: a conversation keeps
 * the same list for its whole life.
 */
export function toolsWriter(
  convert: (tool: ToolSchema) => unknown,
): (tools: readonly ToolSchema[]) => string {
  const cache = new WeakMap<readonly ToolSchema[], string>();
  return (tools) => {
    const written = cache.get(tools) ?? JSON.stringify(tools.map(convert));
    cache.set(tools, written);
    return written;
  };
}
