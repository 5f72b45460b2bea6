import type { Clock } from "../clock.ts";
import type { Llm } from "../llm/llm.ts";
import { once } from "../once.ts";
import { isMetadataAddress } from "../outbound/addresses.ts";
import type { CompanyProxy } from "../outbound/company-proxy/company-proxy.ts";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import type { SettingsDeps } from "../routes/settings/settings-deps.ts";
import type { Cipher } from "../secrets/cipher.ts";
import type { Documents } from "../settings/documents/documents.ts";
import type { LaunchTrial, ProfileLaunchesOptions } from "../settings/launch/profile-launches.ts";
import type { LlmConfig } from "../wire/agent/llm-config.ts";

export interface SettingsRoomsOptions {
  documents: Documents;
  /** Opens the tokens that clients send back. */
  cipher: Cipher | undefined;
  clock: Clock;
  /** Shows other servers of the store that this one keeps what an id stands for. */
  claim(id: string): Promise<unknown>;
  companyProxy: CompanyProxy | null;
  /** Creates the model of a configuration. */
  createLlm(config: LlmConfig): Llm;
  /** Reads the skills that agents of profiles may have. */
  skills: ProfileLaunchesOptions["skills"];
  /** Tells whether an agent could be launched. */
  trial: LaunchTrial;
}

/** The rooms of `settings` over the documents of a store. Their code is loaded when they are first asked for. */
export function settingsRooms({
  documents,
  cipher,
  clock,
  claim,
  companyProxy,
  createLlm,
  skills,
  trial,
}: SettingsRoomsOptions): SettingsDeps {
  const rooms: SettingsDeps = {
    secrets: once(async () => {
      const { CustomSecrets } = await import("../settings/secrets/custom-secrets.ts");
      return new CustomSecrets(documents);
    }),
    accessKeys: once(async () => {
      const { AccessKeys } = await import("../settings/access-keys/access-keys.ts");
      return new AccessKeys({ documents, clock });
    }),
    subscription: once(async () => {
      const { openSubscription } = await import("../settings/subscription/open-subscription.ts");
      return openSubscription({ documents, clock, claim });
    }),
    serverSettings: once(async () => {
      const { ServerSettings } = await import("../settings/server-settings/server-settings.ts");
      const { pointerTargets } = await import("../settings/pointer-targets.ts");
      return new ServerSettings({ documents, cipher, clock, targets: pointerTargets });
    }),
    agentProfiles: once(async () => {
      const { AgentProfiles } = await import("../settings/agent-profiles/agent-profiles.ts");
      return new AgentProfiles(documents);
    }),
    profileLaunches: once(async () => {
      const { ProfileLaunches } = await import("../settings/launch/profile-launches.ts");
      const connections = await rooms.connections();
      const settings = rooms.serverSettings;
      return new ProfileLaunches({ documents, cipher, clock, connections, skills, trial, settings });
    }),
    llmProfiles: once(async () => {
      const { LlmProfiles } = await import("../settings/llm-profiles/llm-profiles.ts");
      const connections = await rooms.connections();
      return new LlmProfiles({ documents, cipher, connections, createLlm, settings: rooms.serverSettings });
    }),
    metaProfiles: once(async () => {
      const { MetaProfiles } = await import("../settings/meta-profiles/meta-profiles.ts");
      return new MetaProfiles({ documents, settings: rooms.serverSettings });
    }),
    connections: once(async () => {
      const { ProviderConnections } = await import("../settings/connections/provider-connections.ts");
      return new ProviderConnections(documents, clock);
    }),
    repositories: once(async () => {
      const { RepositorySearch } = await import("../settings/repositories/repository-search.ts");
      const fetch = createGuardedFetch(async (address) => !(await isMetadataAddress(address)), companyProxy);
      const secret = async (name: string) => (await rooms.secrets()).value(name);
      return new RepositorySearch({ secret, fetch });
    }),
    workspaces: once(async () => {
      const { SavedWorkspaces } = await import("../settings/workspaces/saved-workspaces.ts");
      return new SavedWorkspaces(documents);
    }),
  };
  return rooms;
}
