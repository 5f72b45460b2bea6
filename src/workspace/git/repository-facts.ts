import { commitOf } from "./display-base.ts";
import type { Git } from "./git.ts";

/** Origin and position of a repository. */
export interface RepositoryFacts {
  /** Address of `origin` without credentials and without what follows `?`. */
  remote?: string | undefined;
  /** Name of the branch, or `DETACHED`. */
  branch?: string | undefined;
  /** Object name of the commit that is checked out. */
  head?: string | undefined;
}

/** Reads the facts that can be read. A repository without a commit has neither branch nor commit. */
export async function repositoryFacts(git: Git): Promise<RepositoryFacts> {
  const [remote, head] = [await git.ask("remote", "get-url", "origin"), await commitOf(git, "HEAD")];
  const branch =
    head === undefined
      ? undefined
      : ((await git.ask("symbolic-ref", "--quiet", "--short", "HEAD")) ?? "DETACHED");
  return { remote: remote === undefined ? undefined : withoutCredentials(remote), branch, head };
}

/** Replaces `user:token@` of an address, and drops its query and fragment, where tokens stand as well. */
export function withoutCredentials(address: string): string {
  const [place = ""] = address.split(/[?#]/, 1);
  return place.replace(/^([a-z][\w+.-]*:\/\/)[^/]*@/i, "$1****@");
}
