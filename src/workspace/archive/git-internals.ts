/** Files of git that may hold credentials: addresses of remotes have tokens in them. */
const SENSITIVE = new Set(["config", "config.worktree", "credentials", ".git-credentials", "FETCH_HEAD"]);

/** Whether a path leads to a file in a `.git` folder that may hold credentials. Old addresses stand in reflogs. */
export function isSensitiveGitFile(parts: readonly string[]): boolean {
  const git = parts.indexOf(".git");
  if (git < 0) return false;
  const inside = parts.slice(git + 1);
  return inside.includes("logs") || SENSITIVE.has(inside.at(-1) ?? "");
}
