import { isDeepStrictEqual } from "node:util";
import type { Agent } from "../../wire/agent/agent.ts";
import { type LlmConfig, llmConfig } from "../../wire/agent/llm-config.ts";

/** The agent with another model. A condenser that had the agent's model gets the new one, under its own account. */
export function withLlm(agent: Agent, llm: LlmConfig): Agent {
  const { condenser } = agent;
  if (condenser?.kind !== "LLMSummarizingCondenser") return { ...agent, llm };
  const own = llmConfig.parse(condenser.llm);
  if (!isDeepStrictEqual(withoutUse(own), withoutUse(agent.llm))) return { ...agent, llm };
  const { usage_id } = own;
  const stream = llm.stream && llm.auth_type === "subscription";
  return { ...agent, llm, condenser: { ...condenser, llm: { ...llm, usage_id, stream } } };
}

/** The model apart from what differs between the agent and its condenser. */
function withoutUse(llm: LlmConfig): LlmConfig {
  return { ...llm, usage_id: "", stream: false };
}
