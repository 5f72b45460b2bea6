import type { Agent } from "../../wire/agent/agent.ts";
import type { WorktreePlan } from "../../workspace/git/worktree/plan-worktree.ts";

const OPENING = "You work in a git worktree that was made for this conversation alone:";

/** The paragraph of the system prompt by which an agent knows that it works in a worktree. */
export function worktreeGuidance({ source, path, workingDir, branch, start }: WorktreePlan): string {
  return [
    OPENING,
    `- Folder the user works in (original workspace): ${source}`,
    `- Top folder of the worktree: ${path}`,
    `- Your working directory: ${workingDir}`,
    `- Branch that is checked out: ${branch}`,
    "Read and change files, and run git, inside the worktree only; leave the original workspace alone and do not go back " +
      `to it. Put your work on a new branch with a name that fits it, started from ${baseInWords(start)}.`,
  ].join("\n");
}

/** An agent that does not know of the worktree that it was launched in. */
export function withoutWorktreeGuidance(agent: Agent): Agent {
  const context = agent.agent_context;
  const suffix = context?.system_message_suffix;
  if (context === null || suffix == null || !suffix.includes(OPENING)) return agent;
  const paragraphs = suffix.split("\n\n").filter((paragraph) => !paragraph.startsWith(OPENING));
  const kept = paragraphs.length === 0 ? null : paragraphs.join("\n\n");
  return { ...agent, agent_context: { ...context, system_message_suffix: kept } };
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
