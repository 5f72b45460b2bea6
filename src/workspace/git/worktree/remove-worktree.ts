import { joinPath } from "../../paths.ts";
import type { Workspace } from "../../workspace.ts";
import { WorkspaceError } from "../../workspace-error.ts";
import { Git } from "../git.ts";
import type { WorktreePlace } from "./plan-worktree.ts";
import { unregister } from "./registered-worktrees.ts";
import { tryWriting } from "./writing.ts";

/** A worktree to be removed. */
export interface WorktreeRemains extends Omit<WorktreePlace, "repository"> {
  /** Default: found in the worktree. */
  repository?: string | undefined;
  /**
   * The branch of a worktree that was never finished: it is deleted unless no other has its commits, and nothing else
   * in the folder is. Default: the branch stays, and the whole folder goes.
   */
  unfinishedBranch?: string | undefined;
}

/** Milliseconds to make the files of a folder deletable. */
const CHMOD_TIMEOUT = 60_000;

/**
 * Removes the folder of a worktree with everything in it, committed or not, and its entry in the repository. The branch
 * stays. A repository that is gone is fine. Rejects when files are left.
 */
export async function removeWorktree(workspace: Workspace, remains: WorktreeRemains): Promise<void> {
  const { folder, unfinishedBranch: branch } = remains;
  const path = await workspace.files.realPath(remains.path);
  const repository = remains.repository ?? (await repositoryOf(workspace, remains.path));
  await removeTree(workspace, branch === undefined ? folder : remains.path);
  // Only an empty one.
  if (branch !== undefined) await workspace.run(["rmdir", folder], { cwd: "/", timeout: 10_000 });
  if (repository === undefined || (await workspace.files.stat(repository))?.type !== "directory") return;
  const git = new Git(workspace, repository);
  await unregister(git, path);
  // Git itself refuses to delete commits that no other branch has.
  if (branch !== undefined) await tryWriting(git, ["branch", "--delete", branch]);
}

/** Removes a folder with everything in it, folders without permission to write too. A link is removed, not followed. */
export async function removeTree(workspace: Workspace, folder: string): Promise<void> {
  const { files } = workspace;
  try {
    await files.remove(folder, { recursive: true });
  } catch (error) {
    if (!WorkspaceError.is(error) || error.code !== "permission_denied") throw error;
    await workspace.run(["chmod", "-R", "u+rwX", folder], {
      cwd: "/",
      timeout: CHMOD_TIMEOUT,
      maxBytes: 1000,
    });
    await files.remove(folder, { recursive: true });
  }
}

/** The repository of a working tree, by the file `.git` in it. */
async function repositoryOf(workspace: Workspace, path: string): Promise<string | undefined> {
  if ((await workspace.files.stat(joinPath(path, ".git")))?.type !== "file") return undefined;
  return new Git(workspace, path).ask("rev-parse", "--path-format=absolute", "--git-common-dir");
}
