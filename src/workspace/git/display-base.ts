import { AgentServerError } from "../../errors.ts";
import type { Git } from "./git.ts";

/**
 * The commit or tree that changes are shown against, as an object name: `ref` where one is given, else the point where
 * the work of the current branch began. The order of the candidates is the reference's (`sdk/git/utils.py`). A
 * repository without commits is compared with the empty tree.
 *
 * @throws AgentServerError `bad_request` for a `ref` that names no commit.
 */
export async function displayBase(git: Git, ref: string | undefined): Promise<string> {
  if (ref !== undefined && ref !== "HEAD") return namedCommit(git, ref);
  const head = await commitOf(git, "HEAD");
  if (ref === "HEAD" || head === undefined) return head ?? emptyTree(git);
  return (await upstreamBase(git, head)) ?? head;
}

/** The full object name of a commit. @throws AgentServerError `bad_request` when `ref` names none. */
export async function namedCommit(git: Git, ref: string): Promise<string> {
  const commit = await commitOf(git, ref);
  if (commit !== undefined) return commit;
  throw new AgentServerError("bad_request", `'${ref}' is not a commit of this repository`);
}

/** The first parent of a commit; the empty tree for a commit without one. */
export async function parentOrEmpty(git: Git, commit: string): Promise<string> {
  return (await commitOf(git, `${commit}^`)) ?? emptyTree(git);
}

/** The full object name of a commit; undefined when `ref` names none. */
export function commitOf(git: Git, ref: string): Promise<string | undefined> {
  return git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`);
}

async function upstreamBase(git: Git, head: string): Promise<string | undefined> {
  const branch = await git.ask("symbolic-ref", "--quiet", "--short", "HEAD");
  const upstream = branch === undefined ? undefined : await commitOf(git, `refs/remotes/origin/${branch}`);
  // A branch that is pushed and clean would show nothing of its work.
  if (upstream !== undefined && (upstream !== head || (await isDirty(git)))) return upstream;
  const remote = await remoteDefault(git);
  if (remote === undefined) return localDefaultBase(git, branch);
  return (await git.ask("merge-base", head, remote)) ?? remote;
}

/** The default branch of `origin`, found without asking the remote. */
export async function remoteDefault(git: Git): Promise<string | undefined> {
  for (const ref of ["HEAD", "main", "master"]) {
    const commit = await commitOf(git, `refs/remotes/origin/${ref}`);
    if (commit !== undefined) return commit;
  }
  return undefined;
}

/** The tip of a local default branch that the current branch was made from. */
async function localDefaultBase(git: Git, branch: string | undefined): Promise<string | undefined> {
  for (const name of ["main", "master"]) {
    const tip = await commitOf(git, `refs/heads/${name}`);
    if (tip === undefined) continue;
    if (name === branch) return undefined;
    return (await git.ask("merge-base", "HEAD", tip)) === tip ? tip : undefined;
  }
  return undefined;
}

async function isDirty(git: Git): Promise<boolean> {
  const { exitCode } = await git.try([...COMPARE, "--quiet", "HEAD", "--"]);
  return exitCode === 1;
}

/** A comparison that starts no program of the repository. It does not look into submodules. */
export const COMPARE = [
  ...["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"],
  "--ignore-submodules=dirty",
] as const;

/** The name of the tree without files, which depends on the hash of the repository. */
export async function emptyTree(git: Git): Promise<string> {
  const { stdout } = await git.run(["hash-object", "-t", "tree", "--stdin"]);
  return stdout.trim();
}
