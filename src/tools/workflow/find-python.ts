import type { Workspace } from "../../workspace/workspace.ts";

/** Names that Python has. */
const NAMES = ["python3", "python"] as const;

/** Milliseconds that an interpreter has to say which it is. */
const PATIENCE = 10_000;

const QUESTION = "import sys; print('usable' if sys.version_info >= (3, 9) else sys.version)";

/** Finds a Python of version 3.9 or newer on a machine. Resolves with the name of its program, or undefined. */
export async function findPython(workspace: Workspace): Promise<string | undefined> {
  for (const name of NAMES) {
    const { outcome, stdout } = await workspace.run([name, "-I", "-S", "-c", QUESTION], {
      timeout: PATIENCE,
    });
    if (outcome === "exited" && stdout.trim() === "usable") return name;
  }
  return undefined;
}
