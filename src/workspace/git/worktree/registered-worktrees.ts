import type { Git } from "../git.ts";
import { tryWriting } from "./writing.ts";

/** A working tree that a repository knows of. */
export interface RegisteredWorktree {
  /** Absolute path, its links followed. */
  path: string;
  /** Full name of the branch that is checked out there; undefined for none. */
  branch: string | undefined;
}

/** The working trees of a repository, the main one first. */
export async function registeredWorktrees(git: Git): Promise<RegisteredWorktree[]> {
  const { stdout } = await git.run(["worktree", "list", "--porcelain", "-z"]);
  return stdout
    .split("\0\0")
    .filter((entry) => entry !== "")
    .map((entry) => {
      const lines = entry.split("\0");
      const lineOf = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1);
      return { path: lineOf("worktree") ?? "", branch: lineOf("branch") };
    });
}

/** Takes a working tree whose folder is gone off the repository's list. One that is not on it is fine. */
export async function unregister(git: Git, path: string): Promise<void> {
  // Twice, because an attempt that was cut short leaves a lock.
  await tryWriting(git, ["worktree", "remove", "--force", "--force", path]);
}
