import type { Clock } from "../clock.ts";
import { once } from "../once.ts";
import { isMetadataAddress } from "../outbound/addresses.ts";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import type { SettingsDeps } from "../routes/settings/settings-deps.ts";
import type { Cipher } from "../secrets/cipher.ts";
import type { Documents } from "../settings/documents/documents.ts";

export interface SettingsRoomsOptions {
  documents: Documents;
  /** Opens the tokens that clients send back. */
  cipher: Cipher | undefined;
  clock: Clock;
}

/** The rooms of `settings` over the documents of a store. Their code is loaded when they are first asked for. */
export function settingsRooms({ documents, cipher, clock }: SettingsRoomsOptions): SettingsDeps {
  const rooms: SettingsDeps = {
    secrets: once(async () => {
      const { CustomSecrets } = await import("../settings/secrets/custom-secrets.ts");
      return new CustomSecrets(documents);
    }),
    subscription: once(async () => {
      const { openSubscription } = await import("../settings/subscription/open-subscription.ts");
      return openSubscription({ documents, clock });
    }),
    serverSettings: once(async () => {
      const { ServerSettings } = await import("../settings/server-settings/server-settings.ts");
      const { NO_PROFILES } = await import("../settings/server-settings/pointer-targets.ts");
      return new ServerSettings({ documents, cipher, clock, targets: NO_PROFILES });
    }),
    connections: once(async () => {
      const { ProviderConnections } = await import("../settings/connections/provider-connections.ts");
      return new ProviderConnections(documents, clock);
    }),
    repositories: once(async () => {
      const { RepositorySearch } = await import("../settings/repositories/repository-search.ts");
      const fetch = createGuardedFetch(async (address) => !(await isMetadataAddress(address)));
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
