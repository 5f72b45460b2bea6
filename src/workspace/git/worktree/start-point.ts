import { commitOf } from "../display-base.ts";
import type { Git } from "../git.ts";
import { fetchOrigin } from "./remotes.ts";
import { refused } from "./worktree-refusal.ts";

/** The commit that a worktree starts from. */
export interface WorktreeBase {
  /** The default branch of `origin` or of the repository, the commit that is checked out, or `ref`. */
  readonly base: "default_branch" | "head" | "ref";
  /** Branch, tag or commit. null unless `base` is "ref". */
  readonly ref: string | null;
}

/** A name that git takes, and what went wrong when it was brought up to date. */
export interface StartPoint {
  name: string;
  warnings: string[];
}

const REMOTE = "refs/remotes/origin/";

/**
 * Finds the start of a worktree. `origin` is fetched first unless the start is the current HEAD.
 *
 * @throws AgentServerError `unprocessable` for a ref that names no commit, and for a repository without commits.
 */
export async function startPoint(git: Git, { base, ref }: WorktreeBase): Promise<StartPoint> {
  if (base === "head") return { name: await existing(git, ["HEAD"]), warnings: [] };
  const warnings = await fetchOrigin(git);
  if (base === "default_branch" || ref === null) {
    return { name: await existing(git, await defaults(git)), warnings };
  }
  if ((await commitOf(git, ref)) !== undefined) return { name: ref, warnings };
  throw refused(`worktree_options.ref: '${ref}' is not a commit of the repository ${git.folder}`);
}

async function defaults(git: Git): Promise<string[]> {
  const remote = await git.ask("symbolic-ref", "--quiet", `${REMOTE}HEAD`);
  return [...(remote?.startsWith(REMOTE) ? [remote] : []), "refs/heads/main", "refs/heads/master", "HEAD"];
}

/** The first of the names that has a commit. */
async function existing(git: Git, names: readonly string[]): Promise<string> {
  for (const name of names) {
    if ((await commitOf(git, name)) !== undefined) return name;
  }
  throw refused(
    `worktree: the repository ${git.folder} has no commit that a worktree could start from. ` +
      "Send false to work in the folder itself",
  );
}
