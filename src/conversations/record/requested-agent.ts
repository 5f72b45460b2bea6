import { AgentServerError } from "../../errors.ts";
import type { Agent, AgentContext, ToolSpec } from "../../wire/agent/agent.ts";
import type { AgentSettings } from "../../wire/agent/agent-settings.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";

const TOOLS_OF_SETTINGS: readonly ToolSpec[] = ["terminal", "file_editor", "task_tracker"].map((name) => ({
  name,
  params: {},
}));

/**
 * Returns the agent of a start request: `agent` as it is, or one built from `agent_settings`.
 *
 * @throws AgentServerError `not_found` for an `agent_profile_id`: this server keeps no profiles.
 */
export function requestedAgent(request: StartConversationRequest, now: string): Agent {
  const agent = withMoment(chosenAgent(request, now), now);
  const addition = request.agent_launch_additions?.system_message_suffix_append;
  return addition ? withSuffix(agent, addition, now) : agent;
}

function chosenAgent(request: StartConversationRequest, now: string): Agent {
  if (request.agent !== null) return request.agent;
  if (request.agent_settings !== null) return fromSettings(request.agent_settings, now);
  throw new AgentServerError("not_found", `Agent profile with id '${request.agent_profile_id}' not found`);
}

function fromSettings(settings: AgentSettings, now: string): Agent {
  return {
    llm: settings.llm,
    tools: settings.tools ?? [...TOOLS_OF_SETTINGS],
    mcp_config: settings.mcp_config,
    filter_tools_regex: null,
    include_default_tools: [
      "FinishTool",
      "ThinkTool",
      ...(settings.enable_switch_llm_tool ? ["SwitchLLMTool"] : []),
    ],
    agent_context: settings.agent_context ?? emptyContext(now),
    system_prompt: null,
    system_prompt_filename: "system_prompt.j2",
    security_policy_filename: "security_policy.j2",
    system_prompt_kwargs: { llm_security_analyzer: true },
    condenser: condenserOf(settings),
    critic: null,
    tool_concurrency_limit: settings.tool_concurrency_limit,
    kind: "Agent",
  };
}

function condenserOf({ condenser, llm }: AgentSettings): Agent["condenser"] {
  if (!condenser.enabled) return null;
  if (condenser.condenser_kind === "no_op") return { kind: "NoOpCondenser" };
  return {
    llm: { ...llm, usage_id: "condenser" },
    max_size: condenser.max_size,
    max_tokens: condenser.max_tokens ?? llm.max_input_tokens,
    keep_first: condenser.keep_first,
    minimum_progress: condenser.minimum_progress,
    hard_context_reset_max_retries: condenser.hard_context_reset_max_retries,
    hard_context_reset_context_scaling: condenser.hard_context_reset_context_scaling,
    kind: "LLMSummarizingCondenser",
  };
}

/** Fixes the date and time that the prompt shows, so that the prompt stays the same for the whole conversation. */
function withMoment(agent: Agent, now: string): Agent {
  const context = agent.agent_context;
  if (context === null || context.current_datetime !== null) return agent;
  return { ...agent, agent_context: { ...context, current_datetime: now } };
}

function withSuffix(agent: Agent, addition: string, now: string): Agent {
  const context = agent.agent_context ?? emptyContext(now);
  const suffix = context.system_message_suffix;
  const joined = suffix === null || suffix.trim() === "" ? addition : `${suffix}\n\n${addition}`;
  return { ...agent, agent_context: { ...context, system_message_suffix: joined } };
}

function emptyContext(now: string): AgentContext {
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
