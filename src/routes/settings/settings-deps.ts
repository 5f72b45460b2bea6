import type { AccessKeys } from "../../settings/access-keys/access-keys.ts";
import type { AgentProfiles } from "../../settings/agent-profiles/agent-profiles.ts";
import type { ProviderConnections } from "../../settings/connections/provider-connections.ts";
import type { ProfileLaunches } from "../../settings/launch/profile-launches.ts";
import type { LlmProfiles } from "../../settings/llm-profiles/llm-profiles.ts";
import type { MetaProfiles } from "../../settings/meta-profiles/meta-profiles.ts";
import type { RepositorySearch } from "../../settings/repositories/repository-search.ts";
import type { CustomSecrets } from "../../settings/secrets/custom-secrets.ts";
import type { ServerSettings } from "../../settings/server-settings/server-settings.ts";
import type { ChatGptSubscription } from "../../settings/subscription/chatgpt-subscription.ts";
import type { SavedWorkspaces } from "../../settings/workspaces/saved-workspaces.ts";

/** Rooms of `settings`. Each is loaded when it is first asked for, so that a start does not pay for it. */
export interface SettingsDeps {
  secrets(): Promise<CustomSecrets>;
  /** Keys of clients, in addition to those of the operator. */
  accessKeys(): Promise<AccessKeys>;
  agentProfiles(): Promise<AgentProfiles>;
  /** Agent profiles with everything that they refer to. */
  profileLaunches(): Promise<ProfileLaunches>;
  llmProfiles(): Promise<LlmProfiles>;
  metaProfiles(): Promise<MetaProfiles>;
  subscription(): Promise<ChatGptSubscription>;
  serverSettings(): Promise<ServerSettings>;
  connections(): Promise<ProviderConnections>;
  workspaces(): Promise<SavedWorkspaces>;
  repositories(): Promise<RepositorySearch>;
}
