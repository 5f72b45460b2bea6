import { joinPath, nameOf } from "../../paths.ts";
import { isWithin } from "../../place.ts";
import type { Workspace } from "../../workspace.ts";
import { Git } from "../git.ts";
import type { WorktreeBase } from "./start-point.ts";
import { refused, withoutCredentials } from "./worktree-refusal.ts";

/** A worktree as it is asked for. */
export interface WorktreeWish {
  /** Absolute path of the folder that all worktrees lie in. */
  root: string;
  /** Name of the folder of this worktree, and end of its branch. */
  id: string;
  branchPrefix: string;
  start: WorktreeBase;
}

/** Where a worktree lies and what it belongs to: all that its removal needs. */
export interface WorktreePlace {
  /** Absolute path of the folder of one conversation. */
  folder: string;
  /** Absolute path of the worktree in that folder. */
  path: string;
  /** Absolute path of the repository's own folder, `.git` as a rule. */
  repository: string;
  /** Absolute path of the folder that was asked for, in the repository's working tree. */
  source: string;
}

/** A worktree that can be made. */
export interface WorktreePlan extends WorktreePlace {
  root: string;
  /** Absolute path of the working tree that the source lies in. */
  original: string;
  /** Absolute path of the folder in the worktree that corresponds to the source. */
  workingDir: string;
  branch: string;
  start: WorktreeBase;
}

/** The part of a plan that a removal needs. */
export function toPlace({ folder, path, repository, source }: WorktreePlan): WorktreePlace {
  return { folder, path, repository, source };
}

/** A plan; or none where there is no repository, with a warning where there is one that git does not read. */
export type Planned = { plan?: WorktreePlan; warning?: string };

const NO_REPOSITORY = /not a git repository|must be run in a work tree/;

/**
 * Plans the worktree of a workspace's working directory. Changes nothing.
 *
 * @throws AgentServerError `unprocessable` for a branch that cannot have its name, or a repository of a strange place.
 */
export async function planWorktree(workspace: Workspace, wish: WorktreeWish): Promise<Planned> {
  const { files, info } = workspace;
  if ((await files.stat(info.workingDir))?.type !== "directory") return {};
  const source = await files.realPath(info.workingDir);
  const git = new Git(workspace, source);
  const found = await git.try([
    ...["rev-parse", "--path-format=absolute"],
    ...["--show-toplevel", "--git-common-dir"],
  ]);
  if (found.exitCode !== 0) return withoutPlan(found);
  const { original, repository } = placesIn(found.stdout, source);
  const branch = `${wish.branchPrefix}${wish.id}`;
  await checkBranch(git, branch);
  const folder = joinPath(wish.root, wish.id);
  const path = joinPath(folder, nameOf(original) || "workspace");
  const workingDir = joinPath(path, source.slice(original.length));
  const { root, start } = wish;
  return { plan: { root, folder, path, repository, source, original, workingDir, branch, start } };
}

function withoutPlan({ exitCode, stderr }: { exitCode: number | null; stderr: string }): Planned {
  // Without git there are no repositories.
  if (exitCode === 127 || NO_REPOSITORY.test(stderr)) return {};
  const reason = withoutCredentials(stderr).trim().split("\n")[0] ?? "";
  return { warning: `worktree: none is made, because git cannot read the repository (${reason})` };
}

function placesIn(output: string, source: string): { original: string; repository: string } {
  const [original, repository, ...more] = output.replace(/\n$/, "").split("\n");
  const isWhole = original !== undefined && repository !== undefined && more.length === 0;
  if (!isWhole || output.includes("\u{FFFD}")) {
    throw refused("worktree: the path of the repository has a line break, or bytes that are not UTF-8");
  }
  if (!isWithin(original, source)) {
    throw refused(`worktree: the files of the repository lie in ${original}, outside of ${source}`);
  }
  return { original, repository };
}

async function checkBranch(git: Git, branch: string): Promise<void> {
  if ((await git.ask("check-ref-format", `refs/heads/${branch}`)) !== undefined) return;
  throw refused(`worktree_options.branch_prefix: '${branch}' is not a name that a branch can have`);
}
