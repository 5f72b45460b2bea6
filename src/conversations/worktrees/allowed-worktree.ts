import { AgentServerError } from "../../errors.ts";
import { Git } from "../../workspace/git/git.ts";
import type { WorktreePlan } from "../../workspace/git/worktree/plan-worktree.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError } from "../../workspace/workspace-error.ts";
import { REFUSALS } from "./open-place.ts";

/**
 * Does a part of making a worktree on a machine that may not show all of its folders, as a sandbox.
 *
 * @throws AgentServerError `unprocessable` with the words of the machine when it refuses a folder.
 */
export async function whereAllowed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!WorkspaceError.is(cause) || !REFUSALS.includes(cause.code)) throw cause;
    throw refusal(cause.message, cause);
  }
}

/**
 * Checks that git works in a new worktree. `workspace` is the machine that the agent will have there.
 *
 * @throws AgentServerError `unprocessable` where that machine does not show the repository's own folder.
 */
export async function assertUsable(
  workspace: Workspace,
  { repository, workingDir }: WorktreePlan,
): Promise<void> {
  const git = new Git(workspace, workingDir);
  if ((await git.ask("rev-parse", "--git-dir")) !== undefined) return;
  throw refusal(`the agent could not use git in it, because its machine does not show ${repository}`);
}

function refusal(reason: string, cause?: unknown): AgentServerError {
  return new AgentServerError("unprocessable", `worktree: none can be made on this machine (${reason})`, {
    cause,
  });
}
