import { AgentServerError } from "../../../errors.ts";
import type { LiveConversation } from "../live-conversation.ts";

/** Gives an agent that is another program another model; `ConversationHandle` says when this rejects. */
export async function switchAcpModel(conversation: LiveConversation, model: string): Promise<void> {
  const { session, keeper } = conversation;
  if (session.state.agent.kind !== "ACPAgent")
    throw refused("switch_acp_model is only supported for ACP conversations.");
  if (model.trim() === "") throw refused("model must be a non-empty string");
  await session.prepare();
  const runner = await conversation.runner();
  await runner.switchModel?.(model);
  // Read again: the agent may have changed while its program was asked.
  const { agent, agent_state } = session.state;
  if (agent.kind !== "ACPAgent") throw new Error("The agent has become one of another kind");
  await keeper.update({
    agent: { ...agent, acp_model: model, llm: { ...agent.llm, model } },
    agent_state: { ...agent_state, acp_current_model_id: model },
  });
}

function refused(why: string): AgentServerError {
  return new AgentServerError("bad_request", why);
}
