import type { Question } from "../../../agent/loop/confirmation/questions.ts";
import { tellModel } from "../../../agent/loop/messages.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import type { SubAgentQuestion } from "./sub-agent-work.ts";

/** Characters of the arguments of a call that are shown. */
const MAX_ARGUMENTS = 2_000;
/** Calls that are shown. All of them wait. */
const MAX_SHOWN = 20;

/**
 * The question about calls of a sub-agent as its user is asked. The message stands in the log of the parent, where
 * clients that know nothing of sub-agents show it; `agent_state` has the same for those that do.
 */
export function questionOf({ task, actions, withdrawn }: SubAgentQuestion): Question {
  const { id: task_id, subagent, conversation_id } = task;
  const shown = actions.slice(0, MAX_SHOWN).map(shownAction);
  const lines = shown.map(({ tool_name, arguments: args }) => `- ${tool_name}: ${args}`);
  if (actions.length > MAX_SHOWN) lines.push(`- and ${actions.length - MAX_SHOWN} more`);
  const words =
    `The sub-agent ${subagent} (${task_id}, conversation ${conversation_id}) asks the user to confirm what it is about to ` +
    `do:\n${lines.join("\n")}`;
  return {
    actionIds: actions.map(({ id }) => id),
    shown: { task_id, subagent, conversation_id, actions: shown },
    events: [tellModel("environment", words)],
    withdrawn,
  };
}

function shownAction({ id, tool_name, tool_call_id, tool_call, security_risk, summary }: ActionEvent) {
  const { arguments: args } = tool_call;
  return {
    id,
    tool_name,
    tool_call_id,
    summary: summary ?? null,
    security_risk: security_risk ?? null,
    arguments: args.length > MAX_ARGUMENTS ? `${args.slice(0, MAX_ARGUMENTS)}…` : args,
  };
}
