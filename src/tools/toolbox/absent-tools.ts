/**
 * Tools of the reference that this server lacks and that an agent can do without. Clients send them to every server
 * (web front ends add the browser set from a default list), always together with other tools. They are
 * left out with a warning.
 */
const OPTIONAL_TOOLS: ReadonlySet<string> = new Set(["tom_consult", "sleeptime_compute"]);

/** The tools of a browser come as a set, which every server knows. */
const SINGLE_BROWSER_TOOL = /^browser_(?!tool_set$)/;

export function isOptionalTool(name: string): boolean {
  return OPTIONAL_TOOLS.has(name) || SINGLE_BROWSER_TOOL.test(name);
}
