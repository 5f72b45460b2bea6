import type { Gateway } from "../../gateway/gateway.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import type { Services } from "../services.ts";

/** Makes the gateway, which is loaded when it is first asked. */
export async function openGateway(
  { gatewayWorkspace: workspace }: Pick<ResolvedOptions, "gatewayWorkspace">,
  { conversations, settings }: Pick<Services, "conversations" | "settings">,
): Promise<Gateway> {
  const { Gateway } = await import("../../gateway/gateway.ts");
  const { startDefaults } = await import("../../settings/server-settings/start-defaults.ts");
  return new Gateway({
    conversations,
    workspace,
    profiles: async () => (await (await settings.llmProfiles()).list()).map(({ name }) => name),
    checkProfile: async (name) => (await settings.profileLaunches()).model(name),
    async activeAgent() {
      const { profiles, active_agent_profile_id: active } = await (await settings.agentProfiles()).list();
      const found = profiles.find(({ id }) => id !== null && id === active);
      if (found?.id == null) return undefined;
      return { id: found.id, isProgram: found.agent_kind === "acp" };
    },
    async defaults() {
      const { agent_settings: _, ...ofConversations } = startDefaults(
        await (await settings.serverSettings()).read(),
      );
      return ofConversations;
    },
  });
}
