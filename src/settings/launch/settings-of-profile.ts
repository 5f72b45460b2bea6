import { messageOf } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import { acpSettings } from "../../wire/settings/agent/acp-settings.ts";
import {
  type AcpSettings,
  type AgentSettings,
  type OpenHandsSettings,
  openHandsSettings,
} from "../../wire/settings/agent/agent-settings.ts";
import { scopedTool } from "../../wire/settings/agent/delegation-tools.ts";
import type {
  AcpProfile,
  AgentProfile,
  OpenHandsProfile,
} from "../../wire/settings/agent-profiles/agent-profile.ts";
import type { References } from "./find-references.ts";
import { assertFound, invalidLaunch } from "./launch-error.ts";
import { shellWords } from "./shell-words.ts";

/** A skill that agents of profiles may have. */
export interface OfferedSkill {
  skill: Skill;
  origin: "public" | "user";
}

/** The parts of settings that a profile does not have itself. */
export interface ProfileParts {
  references: References;
  /** The skills that agents of profiles may have. */
  skills: readonly OfferedSkill[];
  /** Of the settings: profiles have no secrets. */
  criticKey: string | null;
}

/**
 * Puts a profile and what it refers to into settings that refer to nothing.
 *
 * @throws AgentServerError `unprocessable` for a reference to nothing, and for settings that are not valid.
 */
export function settingsOfProfile(profile: AgentProfile, parts: ProfileParts): AgentSettings {
  const { llm, dangling } = parts.references;
  assertFound(dangling);
  if (profile.agent_kind === "acp") return acpSettingsOf(profile, parts.references);
  if (llm === null) throw new Error("A missing model was not refused");
  return openHandsSettingsOf(profile, llm, parts);
}

/**
 * The skills that a profile selects: of the public ones those that it names, if it names any or none; of the others
 * all.
 */
export function selectedSkills(
  { disabled_skills: disabled, public_skills: chosen }: OpenHandsProfile,
  skills: readonly OfferedSkill[],
): Skill[] {
  return skills.flatMap(({ skill, origin }) => {
    const isChosen = origin === "user" || chosen === null || chosen.includes(skill.name);
    return isChosen && !disabled.includes(skill.name) ? [skill] : [];
  });
}

function openHandsSettingsOf(
  profile: OpenHandsProfile,
  llm: LlmConfig,
  { references: { mcpServers, routing }, skills, criticKey }: ProfileParts,
): OpenHandsSettings {
  return openHandsSettings.parse({
    agent: profile.agent,
    // A profile cannot say that replies are to be streamed.
    llm: { ...llm, stream: true },
    mcp_config: mcpServers,
    // One that lists its tools means no others, be it by way of sub-agents.
    tools: profile.tools?.map(scopedTool) ?? null,
    persona: profile.persona,
    agent_context: {
      skills: selectedSkills(profile, skills),
      system_message_suffix: profile.system_message_suffix,
      load_project_skills: true,
      disabled_skills: profile.disabled_skills,
    },
    condenser: profile.condenser,
    verification: { ...profile.verification, critic_api_key: criticKey },
    enable_classify_and_switch_llm_tool: profile.enable_classify_and_switch_llm_tool,
    active_meta_profile: profile.meta_profile_ref,
    meta_profile: routing.metaProfile,
    meta_profile_llms: routing.llms,
    tool_concurrency_limit: profile.tool_concurrency_limit,
  });
}

function acpSettingsOf(profile: AcpProfile, { mcpServers }: References): AcpSettings {
  const command = wordsOf(profile.acp_command ?? "");
  if (profile.acp_server === "custom" && command.length === 0) {
    throw invalidLaunch("acp_command is required when acp_server='custom': it has no command of its own");
  }
  return acpSettings.parse({
    agent_kind: "acp",
    acp_server: profile.acp_server,
    acp_model: profile.acp_model,
    acp_session_mode: profile.acp_session_mode,
    acp_prompt_timeout: profile.acp_prompt_timeout,
    acp_startup_timeout: profile.acp_startup_timeout,
    acp_command: command,
    acp_args: profile.acp_args ?? [],
    mcp_config: mcpServers,
    // Such a program reads the skills of its user itself, and knows the time.
    agent_context: { current_datetime: null },
  });
}

function wordsOf(command: string): string[] {
  try {
    return shellWords(command);
  } catch (error) {
    throw invalidLaunch(messageOf(error));
  }
}
