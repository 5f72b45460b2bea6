import { AgentServerError } from "../../errors.ts";
import { commitOf, emptyTree, remoteDefault } from "./display-base.ts";
import type { Git } from "./git.ts";

/** A commit or tree that a patch is made against. */
export interface ExportBase {
  /** Object name of a commit or of the empty tree. */
  tree: string;
  /** Object name of the commit; undefined for the empty tree. */
  commit: string | undefined;
}

/**
 * The base of a patch that is replayed elsewhere: `ref` where one is given, else what a fresh clone has too, in the
 * order of the reference: the branch of `origin` that the current one is pushed to, the default branch of `origin`,
 * nothing. A commit that was checked out by itself is its own base.
 *
 * @throws AgentServerError `bad_request` for a `ref` that names no commit.
 */
export async function exportBase(git: Git, ref: string | undefined): Promise<ExportBase> {
  const commit = ref === undefined ? await pushedCommit(git) : await commitOf(git, ref);
  if (commit !== undefined) return { tree: commit, commit };
  if (ref === undefined || ref === "HEAD") return { tree: await emptyTree(git), commit: undefined };
  throw new AgentServerError("bad_request", `base_ref '${ref}' could not be resolved`);
}

async function pushedCommit(git: Git): Promise<string | undefined> {
  const head = await commitOf(git, "HEAD");
  const branch = await git.ask("symbolic-ref", "--quiet", "--short", "HEAD");
  if (head === undefined || branch === undefined) return head;
  return (await commitOf(git, `refs/remotes/origin/${branch}`)) ?? remoteDefault(git);
}
