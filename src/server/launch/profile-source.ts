import type { ProfileSource } from "../../conversations/launch/agent-profiles.ts";
import type { SettingsDeps } from "../../routes/settings/settings-deps.ts";
import { SETTINGS_KIND, SETTINGS_NAME } from "../../settings/server-settings/settings-name.ts";
import type { DocumentStore } from "../../stores/documents.ts";

/** The kept profiles as conversations see them. */
export function profileSource(rooms: SettingsDeps, documents: DocumentStore): ProfileSource {
  return {
    resolve: async (id, llmProfile) => (await rooms.profileLaunches()).resolve(id, llmProfile),
    model: async (name) => (await rooms.profileLaunches()).model(name),
    modelNames: async () => (await (await rooms.llmProfiles()).list()).map(({ name }) => name),
    async metaProfile(name) {
      const metaProfiles = await rooms.metaProfiles();
      const chosen = name ?? (await metaProfiles.list())[0]?.name;
      return chosen === undefined ? null : metaProfiles.find(chosen);
    },
    async wantsMemory() {
      // Asked at every start: the code of the settings is loaded only where the answer may be yes.
      const stored = await documents.read(SETTINGS_KIND, SETTINGS_NAME);
      if (stored === null || !stored.json.includes('"load_memory":true')) return false;
      const { agent_settings: agent } = await (await rooms.serverSettings()).read();
      return agent.agent_context?.load_memory ?? false;
    },
  };
}
