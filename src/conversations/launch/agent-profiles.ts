import { AgentServerError } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { LaunchedAgentProfile } from "../../wire/conversation.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { AgentSettings } from "../../wire/settings/agent/agent-settings.ts";
import type { MetaProfile } from "../../wire/settings/meta-profile.ts";

/** An agent profile with everything that it refers to, secrets in clear. */
export interface ResolvedProfile {
  settings: AgentSettings;
  /** The part that a conversation keeps of its profile. */
  launched: LaunchedAgentProfile;
}

/** The profiles that a server keeps. */
export interface ProfileSource {
  /**
   * Reads an agent profile. `llmProfile` replaces the model that it refers to.
   *
   * @throws AgentServerError `not_found`; `unprocessable` for references to nothing, all at once; `damaged` for what
   * cannot be read.
   */
  resolve(id: string, llmProfile: string | null): Promise<ResolvedProfile>;
  /**
   * Reads the model of an LLM profile.
   *
   * @throws AgentServerError `not_found`; `bad_request` for one that cannot be read; `unprocessable` for a provider
   * connection that does not exist.
   */
  model(name: string): Promise<LlmConfig>;
  /** Names of the LLM profiles that can be read. */
  modelNames(): Promise<string[]>;
  /**
   * Reads the rules of a name by which models are chosen, or with null the first ones by name. null without such.
   *
   * @throws AgentServerError `bad_request` for those that cannot be read.
   */
  metaProfile(name: string | null): Promise<MetaProfile | null>;
  /** Whether the settings turn on the memory of agents, for every new conversation. */
  wantsMemory(): Promise<boolean>;
}

/** The profile that a start request names; undefined without one. Throws as `ProfileSource.resolve`. */
export async function requestedProfile(
  { agent_profile_id: id, agent_launch_additions: additions }: StartConversationRequest,
  profiles: ProfileSource | undefined,
): Promise<ResolvedProfile | undefined> {
  if (id === null) return undefined;
  if (profiles === undefined)
    throw new AgentServerError("not_found", `Agent profile with id '${id}' not found`);
  return profiles.resolve(id, additions?.llm_profile_ref ?? null);
}

/** The secrets that a conversation may have by the profile that it was launched from. */
export function allowedSecrets(secrets: SecretSources, launched: LaunchedAgentProfile | null): SecretSources {
  const allowed = Object.entries(secrets).filter(([name]) => isAllowedSecret(name, launched));
  return Object.fromEntries(allowed);
}

/** Whether the profile that a conversation comes from, if any, lets it have a secret. */
export function isAllowedSecret(name: string, launched: LaunchedAgentProfile | null): boolean {
  return launched?.secret_refs?.includes(name) ?? true;
}
