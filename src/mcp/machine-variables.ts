import type { Workspace } from "../workspace/workspace.ts";

/** Milliseconds that the machine has to tell its variables. */
const TIMEOUT = 10_000;

/**
 * Values of the variables that programs of a machine see, of those names that a text has. Its environment is what the
 * workspace lets them see: nothing of the server's own secrets.
 */
export async function machineVariables(workspace: Workspace, names: string): Promise<Record<string, string>> {
  const { stdout } = await workspace.run(["env", "-0"], { cwd: "/", timeout: TIMEOUT });
  const wanted = new Set(names.split(" "));
  const entries = stdout
    .split("\0")
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  return Object.fromEntries(entries.filter(([name = ""]) => wanted.has(name)));
}
