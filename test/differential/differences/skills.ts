import type { Difference } from "./difference.ts";

/** What skills and contexts do otherwise. */
export const SKILL_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["new fields of a start, in order"],
    at: ['*dynamic_context.text: "Be brief." -> "Be brief.*'],
    reason: "the model is told the time in every conversation",
  },
  {
    scenarios: ["memory: notes of the user and of the project", "memory: too long for its room"],
    at: [
      "log.ConversationStateUpdateEvent agent: {*} -> absent",
      "frames.ConversationStateUpdateEvent agent: {*} -> absent",
      'log.1 SystemPromptEvent.parent_id: "__root__" -> absent',
    ],
    reason: "the agent is the same as before: notes are in the prompt alone, so that there is nothing to say",
  },
  {
    scenarios: ["skills of organisations"],
    at: ['answers.*.body.skills.*.source: "/tmp/openhands_org_skills_*'],
    reason: "the files stay in the cache, where the path leads; the reference names a folder that is gone",
  },
  {
    scenarios: ["a context: no moment"],
    at: ['info.agent.agent_context.current_datetime: "<time>Z" -> null'],
    reason: "what was asked for stays; the reference reads its own null as the moment of the request",
  },
];
