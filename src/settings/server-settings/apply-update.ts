import type { Cipher } from "../../secrets/cipher.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import {
  type ConversationSettings,
  storedConversationSettings,
} from "../../wire/settings/conversation-settings.ts";
import type { SettingsUpdate } from "../../wire/settings/settings.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";
import { patchAgentSettings, patchesModel } from "./agent-settings-diff.ts";
import { deepMerge } from "./merge.ts";

/** The surroundings of an update. */
export interface UpdateContext {
  /** Opens the tokens that clients send back. */
  cipher: Cipher | undefined;
  /** The model of the profile that the update makes active; undefined without one. */
  profileModel: LlmConfig | undefined;
}

/** Applies an update. Undefined when the result would not be valid; nothing is changed then. */
export function applyUpdate(
  settings: StoredSettings,
  update: SettingsUpdate,
  context: UpdateContext,
): StoredSettings | undefined {
  const agent = updatedAgent(settings, update, context);
  const conversation = updatedConversation(settings.conversation_settings, update);
  if (agent === undefined || conversation === undefined) return undefined;
  const { misc_settings_diff: misc } = update;
  const updated = {
    ...settings,
    agent_settings: agent,
    conversation_settings: conversation,
    ...(misc == null ? {} : { misc_settings: deepMerge(settings.misc_settings, misc) }),
    ...(update.active_profile === undefined ? {} : { active_profile: update.active_profile }),
    ...(update.active_agent_profile_id === undefined
      ? {}
      : { active_agent_profile_id: update.active_agent_profile_id }),
  };
  const { active_meta_profile: routing } = update;
  return routing === undefined ? withoutIdleRouting(updated) : withRouting(updated, routing);
}

function updatedAgent(
  { agent_settings: agent }: StoredSettings,
  { agent_settings_diff: diff }: SettingsUpdate,
  { cipher, profileModel }: UpdateContext,
): StoredSettings["agent_settings"] | undefined {
  const kind = diff?.agent_kind || agent.agent_kind;
  const isModelOfProfile = profileModel !== undefined && !patchesModel(diff) && kind !== "acp";
  const patch = isModelOfProfile ? { ...diff, llm: profileModel } : diff;
  return patch == null ? agent : patchAgentSettings(agent, patch, cipher);
}

function updatedConversation(
  settings: ConversationSettings,
  { conversation_settings_diff: diff }: SettingsUpdate,
): ConversationSettings | undefined {
  return diff == null ? settings : storedConversationSettings.safeParse(deepMerge(settings, diff)).data;
}

/** Makes a meta-profile the one that models are chosen by, also for the agent. Agents that cannot choose have none. */
export function withRouting(settings: StoredSettings, name: string | null): StoredSettings {
  const { agent_settings: agent } = settings;
  if (agent.agent_kind !== "openhands") return { ...settings, active_meta_profile: null };
  // A copy of another profile would win over the name.
  const isOther = name !== null && name !== agent.active_meta_profile;
  return {
    ...settings,
    active_meta_profile: name,
    agent_settings: {
      ...agent,
      active_meta_profile: name,
      enable_classify_and_switch_llm_tool: name !== null,
      meta_profile: isOther ? null : agent.meta_profile,
    },
  };
}

function withoutIdleRouting(settings: StoredSettings): StoredSettings {
  if (settings.agent_settings.agent_kind === "openhands") return settings;
  return { ...settings, active_meta_profile: null };
}
