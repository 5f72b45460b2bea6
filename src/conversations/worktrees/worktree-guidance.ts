import type { WorktreePlan } from "../../workspace/git/worktree/plan-worktree.ts";

/** The paragraph of the system prompt by which an agent knows that it works in a worktree. */
export function worktreeGuidance({ source, path, workingDir, branch, start }: WorktreePlan): string {
  return [
    "You work in a git worktree that was made for this conversation alone:",
    `- Folder the user works in (original workspace): ${source}`,
    `- Top folder of the worktree: ${path}`,
    `- Your working directory: ${workingDir}`,
    `- Branch that is checked out: ${branch}`,
    "Read and change files, and run git, inside the worktree only; leave the original workspace alone and do not go back " +
      `to it. Put your work on a new branch with a name that fits it, started from ${baseInWords(start)}.`,
  ].join("\n");
}

function baseInWords({ base, ref }: WorktreePlan["start"]): string {
  switch (base) {
    case "default_branch":
      return "the main (or master) branch";
    case "head":
      return "the commit that the original workspace has checked out (its HEAD)";
    case "ref":
      return `\`${ref}\``;
  }
}
