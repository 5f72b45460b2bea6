import { AgentServerError, messageOf } from "../../errors.ts";
import { childEnvironment, type Environment } from "./child-environment.ts";
import { makeFolder } from "./make-folder.ts";
import { runProcess } from "./run-process.ts";

const GIT_TIMEOUT = 10_000;

/**
 * Makes the folder an agent will work in, and a git repository of it where it lies in none, so that its changes
 * can be shown. `bad_request` when the folder cannot be made; without git it stays a plain folder.
 */
export async function prepareWorkspace(workingDir: string, parent: Environment = {}): Promise<void> {
  await makeFolder(workingDir).catch((cause: unknown) => {
    const detail = `workspace.working_dir: no folder can be made here (${messageOf(cause)})`;
    throw new AgentServerError("bad_request", detail, { cause });
  });
  const env = childEnvironment(parent, { GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" });
  const options = { cwd: workingDir, env, timeout: GIT_TIMEOUT };
  // A repository found here was written by others: none of its programs may run.
  const git = ["git", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null"] as const;
  const inside = await runProcess([...git, "rev-parse", "--is-inside-work-tree"], options);
  if (inside.exitCode === 0) return;
  await runProcess([...git, "init", "--quiet", "--template="], options);
}
