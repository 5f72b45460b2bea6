import { joinPath, nameOf, parentOf } from "../../paths.ts";
import { isWithin } from "../../place.ts";
import type { Workspace } from "../../workspace.ts";
import { commitOf } from "../display-base.ts";
import { Git } from "../git.ts";
import type { WorktreePlan } from "./plan-worktree.ts";
import { registeredWorktrees, unregister } from "./registered-worktrees.ts";
import { remoteAccess } from "./remotes.ts";
import { removeTree } from "./remove-worktree.ts";
import { startPoint } from "./start-point.ts";
import { asRefusal, refused } from "./worktree-refusal.ts";
import { tryWriting, write } from "./writing.ts";

/** Milliseconds to write the files of a worktree. */
const CHECKOUT_TIMEOUT = 5 * 60_000;

/** A note that a worktree is being made, in a place that survives the process. */
export interface MakingNote {
  begin(): Promise<void>;
  /** Deletes the note: the worktree has an owner, or nothing is left of it. */
  end(): Promise<void>;
}

/** A worktree that was made. */
export interface MadeWorktree {
  warnings: string[];
  /** Takes everything back: folder, entry in the repository and branch, which gets the commit that it had before. */
  undo(): Promise<void>;
}

/**
 * Makes a worktree on a separate branch. What an earlier attempt left under its names is replaced. Nothing is left of
 * one that fails. The note is begun before anything is made; the caller ends it. No program runs that the repository's
 * configuration names.
 *
 * @throws AgentServerError `unprocessable` with the field and the reason, among them: there is nothing to start from,
 *   the branch is checked out elsewhere, or another thing lies in the way.
 */
export function makeWorktree(
  workspace: Workspace,
  plan: WorktreePlan,
  note: MakingNote,
): Promise<MadeWorktree> {
  return asRefusal(async () => {
    const git = new Git(workspace, plan.original);
    await checkRoot(workspace, plan.root);
    const start = await startPoint(git, plan.start);
    await clearTheWay(workspace, git, plan);
    const before = await commitOf(git, refOf(plan));
    const undo = async () => {
      await takeBack(workspace, git, { plan, before });
      await note.end();
    };
    await note.begin();
    try {
      await write(git, [
        "worktree",
        "add",
        "--quiet",
        "--no-checkout",
        "-B",
        plan.branch,
        plan.path,
        start.name,
      ]);
      const obstacles = await writeFiles(workspace, git.in(plan.path), plan);
      return { warnings: [...start.warnings, ...pointersLeft(obstacles)], undo };
    } catch (error) {
      // Where that fails the note stays, for the next start of the server.
      await undo().catch(() => undefined);
      throw error;
    }
  });
}

const refOf = ({ branch }: WorktreePlan) => `refs/heads/${branch}`;

/** The root may lie in a folder that all users share: another one must not have put it there. */
async function checkRoot(workspace: Workspace, root: string): Promise<void> {
  const { files } = workspace;
  await files.makeFolder(root, { mode: 0o700 });
  const isLink =
    (await files.realPath(root)) !== joinPath(await files.realPath(parentOf(root)), nameOf(root));
  const { exitCode } = await workspace.run(["test", "-O", root], { cwd: "/", timeout: 10_000 });
  if (!isLink && exitCode === 0) return;
  throw refused(
    `worktree: ${root} is ${isLink ? "a link" : "the folder of another user"}; no worktree is made there`,
  );
}

/** Removes what an earlier attempt left under the names of the plan, and nothing else. */
async function clearTheWay(workspace: Workspace, git: Git, plan: WorktreePlan): Promise<void> {
  const { files } = workspace;
  const path = await files.realPath(plan.path);
  const registered = await registeredWorktrees(git);
  for (const other of registered) {
    if (other.branch !== refOf(plan) || other.path === path) continue;
    if ((await files.stat(other.path)) !== null) {
      throw refused(`worktree_options.branch_prefix: ${plan.branch} is checked out in ${other.path}`);
    }
    await unregister(git, other.path);
  }
  const isOurs = registered.some((worktree) => worktree.path === path);
  if (!isOurs) return checkFree(workspace, plan);
  await removeTree(workspace, plan.path);
  await unregister(git, path);
}

async function checkFree({ files }: Workspace, { folder, path, original }: WorktreePlan): Promise<void> {
  await files.makeFolder(folder, { mode: 0o700 });
  const { entries } = await files.list(folder);
  const inTheWay = entries.find(({ name }) => name === nameOf(path));
  if (inTheWay === undefined) return;
  const isFree =
    inTheWay.type === "directory" &&
    !inTheWay.isLink &&
    (await files.list(path, { limit: 1 })).entries.length === 0;
  if (!isFree) throw refused(`worktree: ${path} is in the way. It is no worktree of ${original}`);
}

/**
 * Writes the files. Programs of the repository are looked for in the worktree itself: its configuration may name others
 * for this folder or this branch. Resolves with what stood in the way of asking remotes for files.
 */
async function writeFiles({ files }: Workspace, git: Git, plan: WorktreePlan): Promise<string[]> {
  const path = await files.realPath(plan.path);
  // A repository can send the files elsewhere.
  if ((await git.ask("rev-parse", "--show-toplevel")) !== path) {
    throw refused(`worktree: the configuration of ${plan.original} puts the files of a worktree elsewhere`);
  }
  const { env, obstacles } = await remoteAccess(git);
  const reset = ["reset", "--hard", "--quiet", "--no-recurse-submodules"];
  await write(git, reset, { timeout: CHECKOUT_TIMEOUT, env });
  if (!isWithin(path, await files.realPath(plan.workingDir))) {
    throw refused(`workspace.working_dir: ${plan.workingDir} is a link that leads out of the worktree`);
  }
  await files.makeFolder(plan.workingDir);
  return obstacles;
}

function pointersLeft(obstacles: readonly string[]): string[] {
  if (obstacles.length === 0) return [];
  const named = obstacles.join(", ");
  return [`worktree: large files may be missing: the repository's configuration names ${named}`];
}

async function takeBack(
  workspace: Workspace,
  git: Git,
  { plan, before }: { plan: WorktreePlan; before: string | undefined },
): Promise<void> {
  const path = await workspace.files.realPath(plan.path);
  await removeTree(workspace, plan.path);
  await unregister(git, path);
  if (before === undefined) await tryWriting(git, ["branch", "--delete", "--force", plan.branch]);
  else await tryWriting(git, ["update-ref", refOf(plan), before]);
  // Only an empty one.
  await workspace.run(["rmdir", plan.folder], { cwd: "/", timeout: 10_000 });
}
