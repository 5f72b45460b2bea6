import type { Difference } from "./difference.ts";

/** Differences of branches, forks and children. */
export const TREE_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["tree: HEAD before the first event"],
    at: [
      "log.SystemPromptEvent: absent -> *",
      "frames.SystemPromptEvent: absent -> *",
      'log.8 MessageEvent.parent_id: "__root__" -> "<SystemPromptEvent 2>"',
    ],
    reason:
      "a branch that begins again has instructions too; the reference sends the model a prompt without any",
  },
  {
    scenarios: ["tree: HEAD moved away from calls that wait"],
    at: [
      "log.* ConversationStateUpdateEvent execution_status.*",
      "log.ConversationStateUpdateEvent execution_status: absent -> *",
      "frames.*",
      'answers.2.body.execution_status: "waiting_for_confirmation" -> "idle"',
    ],
    reason: "nothing waits on the branch that HEAD is moved to, and the status says so",
  },
  {
    scenarios: [
      "tree: a fork of everything",
      "tree: a fork from an event",
      "tree: figures of a fork",
      "tree: a fork while calls wait",
    ],
    at: [
      'answers.*.body.execution_status: "error" -> "finished"',
      "answers.*.body.stats.usage_to_metrics.default.*",
    ],
    reason:
      "the fork has the key of its model also where no secret key is set; the reference loses it, so that its run fails",
  },
  {
    scenarios: ["tree: a fork of everything", "tree: a fork from an event"],
    at: ["answers.6.body.items.*"],
    reason: "the run of the fork that fails there, for want of a key",
  },
  {
    scenarios: ["tree: a fork while calls wait"],
    at: ["answers.7.body.items.*"],
    reason: "a call that waits is not run in the fork without being asked for; the reference runs it there",
  },
  {
    scenarios: ["tree: a child of a repository without commits"],
    at: ["info.sub_conversation_ids.0: absent -> *", "answers.1.*"],
    reason: "the child shares the folder, and the answer says so, where the reference fails with 500",
  },
  {
    scenarios: ["tree: a child in a worktree"],
    at: ['answers.*.body.agent.agent_context.system_message_suffix: "* -> "You work in a git worktree*"'],
    reason: "the same facts in our own words",
  },
];
