import type { Difference } from "../difference.ts";

const TEXT = "log.* ObservationEvent.observation.content.0.text: *";

/** What sub-agents and workflows do otherwise. */
export const SUB_AGENT_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      "task: a sub-agent that answers",
      "task: a sub-agent that finishes by its tool",
      "task: a sub-agent that works in the folder",
      "task: prompts of an agent and its sub-agent",
      "task: former names",
      "task: resumed",
      "task: a sub-agent that takes too many steps",
      "task: a sub-agent whose model fails",
      "task: a sub-agent that says nothing",
      "task: a sub-agent of the project",
      "task: several, one after the other",
      "task: held to the tools of its agent",
      "task: a sub-agent that never asks",
      "task: the figures of a sub-agent",
      "task: hooks of a definition",
      "workflow: sub-agents in a row",
      "workflow: a reduction",
      "workflow: failures of a map",
    ],
    at: [
      "log.ConversationStateUpdateEvent agent_state: absent -> *",
      "frames.ConversationStateUpdateEvent agent_state: absent -> *",
      "state.agent_state.sub_agents: absent -> *",
      "info.agent_state.sub_agents: absent -> *",
    ],
    reason:
      "clients learn which conversation a sub-agent has, and can read it; the reference shows it to no one",
  },
  {
    scenarios: [
      "task: a sub-agent that is not known",
      "task: resumed, but not known",
      "task: a sub-agent without a tool that there is",
      "task: a sub-agent of the project with a skill that there is not",
      "task: held to the tools of an agent that has none",
      "task: held to the tools of its agent",
      "task: a sub-agent whose model fails",
      "workflow: scripts that are refused",
    ],
    at: [TEXT],
    reason:
      "the model reads our own words; those of the reference name its Python functions, log folders and bug tracker",
  },
  {
    scenarios: ["task: arguments that are not valid", "workflow: arguments that are not valid"],
    at: ["log.10 MessageEvent.llm_message.content.0.text: *"],
    reason: "advice to the model in our own words",
  },
  {
    scenarios: ["task: prompts of an agent and its sub-agent"],
    at: ['prompts.2.messages.3.content.1: "Thought." -> absent'],
    reason: "the result of a tool is one text",
  },
];
