import { shellQuote } from "../../shell-quote.ts";
import { type AgentProfile, agentProfile } from "../../wire/settings/agent-profiles/agent-profile.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";

/** Name of the profile that is made from the settings, and of the model that it refers to when none is active. */
export const SEED_NAME = "default";

/** The profile whose agent is that of the settings. */
export function seedProfile({ agent_settings: agent, active_profile: llm }: StoredSettings): AgentProfile {
  if (agent.agent_kind === "acp") {
    const { acp_server, acp_model, acp_session_mode, acp_prompt_timeout, acp_startup_timeout } = agent;
    return agentProfile.parse({
      agent_kind: "acp",
      name: SEED_NAME,
      acp_server,
      acp_model,
      acp_session_mode,
      acp_prompt_timeout,
      acp_startup_timeout,
      acp_command: agent.acp_command.map(asWord).join(" ") || null,
      acp_args: agent.acp_args.length === 0 ? null : agent.acp_args,
    });
  }
  const { critic_api_key: _secret, ...verification } = agent.verification;
  return agentProfile.parse({
    agent_kind: "openhands",
    name: SEED_NAME,
    llm_profile_ref: llm || SEED_NAME,
    agent: agent.agent,
    tools: agent.tools,
    persona: agent.persona,
    disabled_skills: agent.agent_context.disabled_skills,
    system_message_suffix: agent.agent_context.system_message_suffix,
    condenser: agent.condenser,
    verification,
    enable_classify_and_switch_llm_tool: agent.enable_classify_and_switch_llm_tool,
    meta_profile_ref: agent.active_meta_profile || null,
    tool_concurrency_limit: agent.tool_concurrency_limit,
  });
}

/** Quotes only what a shell would read otherwise, so that people can read the command. */
function asWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuote(text);
}
