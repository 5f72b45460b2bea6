/** Longest name of a tool that every provider takes. */
const MAX_LENGTH = 64;

/**
 * Returns the name of a tool for the model: its own, or after that of its server where there are several. Providers
 * take letters, digits, `_` and `-` alone: what they do not take becomes `_`, and what is too long is cut.
 */
export function toolName(server: string, tool: string, hasPrefix: boolean): string {
  const name = hasPrefix ? `${server}_${tool}` : tool;
  return name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, MAX_LENGTH);
}
