import type { Agent, AgentContext } from "../../agent/agent.ts";
import { critic } from "../../agent/critics.ts";
import type { OpenHandsSettings } from "./agent-settings.ts";
import { toolsOfSettings } from "./tools-of-settings.ts";

/** Builds the agent that settings describe. */
export function agentOfSettings(settings: OpenHandsSettings, now: string): Agent {
  const { tools, include_default_tools } = toolsOfSettings(settings);
  return {
    llm: settings.llm,
    tools,
    mcp_config: settings.mcp_config,
    filter_tools_regex: null,
    include_default_tools,
    agent_context: settings.agent_context ?? emptyContext(now),
    system_prompt: null,
    system_prompt_filename: "system_prompt.j2",
    security_policy_filename: "security_policy.j2",
    system_prompt_kwargs: { llm_security_analyzer: true },
    condenser: condenserOf(settings),
    critic: criticOf(settings),
    tool_concurrency_limit: settings.tool_concurrency_limit,
    persona: settings.persona,
    kind: "Agent",
  };
}

/** An empty context, shown the moment of creation. */
export function emptyContext(now: string): AgentContext {
  return {
    skills: [],
    system_message_suffix: null,
    user_message_suffix: null,
    load_user_skills: false,
    load_public_skills: false,
    marketplace_path: "marketplaces/default.json",
    registered_marketplaces: [],
    load_project_skills: false,
    load_memory: false,
    disabled_skills: [],
    secrets: null,
    current_datetime: now,
  };
}

function condenserOf({ condenser, llm }: OpenHandsSettings): Agent["condenser"] {
  if (!condenser.enabled) return null;
  if (condenser.condenser_kind === "no_op") return { kind: "NoOpCondenser" };
  const { condenser_kind: _kind, enabled: _enabled, ...settings } = condenser;
  return {
    llm: { ...llm, usage_id: "condenser", stream: llm.stream && llm.auth_type === "subscription" },
    ...settings,
    max_tokens: settings.max_tokens ?? llm.max_input_tokens,
    kind: "LLMSummarizingCondenser",
  };
}

/** The critic needs a key, so that there is none without one. */
function criticOf({ verification, llm }: OpenHandsSettings): Agent["critic"] {
  const api_key = verification.critic_api_key ?? llm.api_key;
  if (!verification.critic_enabled || api_key === null) return null;
  const { critic_server_url: url, critic_model_name: model } = verification;
  return critic.parse({
    kind: "APIBasedCritic",
    api_key,
    mode: verification.critic_mode,
    iterative_refinement: verification.enable_iterative_refinement
      ? {
          success_threshold: verification.critic_threshold,
          max_iterations: verification.max_refinement_iterations,
        }
      : null,
    ...(url === null ? {} : { server_url: url }),
    ...(model === null ? {} : { model_name: model }),
  });
}
