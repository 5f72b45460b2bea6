import { Turns } from "../../conversations/turns.ts";
import type { RemoteAccess } from "../../mcp/transports/remote-access.ts";
import type { Observers } from "../../observing/observers.ts";
import { isMetadataAddress, isPublicAddress } from "../../outbound/addresses.ts";
import { judgeHost } from "../../outbound/allowed-addresses.ts";
import { createGuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { SettingsDeps } from "../../routes/settings/settings-deps.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { watchedGuardedFetch } from "../telemetry/watched-fetch.ts";

/**
 * The network for MCP servers. Users may have them on their machine and in their network, so only metadata services are
 * refused; a server of the internet leads to none of these.
 */
export function mcpNetwork(
  settings: SettingsDeps,
  {
    clock,
    companyProxy,
    observers,
  }: Pick<ResolvedOptions, "clock" | "companyProxy"> & { observers: Observers },
  webhooks?: { writeBack(serverUrl: string, state: object): void },
): RemoteAccess {
  const guarded = (allows: (address: string) => Promise<boolean>) =>
    watchedGuardedFetch(createGuardedFetch(allows, companyProxy), "mcp", observers);
  const fetch = guarded(async (address) => !(await isMetadataAddress(address)));
  const fetchPublic = guarded(async (address) => isPublicAddress(address));
  // A server may take a refresh token once: the second of two conversations would lose the authorization.
  const refreshes = new Turns();
  return {
    fetch,
    fetchNamed: (from) => async (url, request) => {
      const { outcome } = await judgeHost(from.hostname, isPublicAddress);
      return outcome === "allowed" ? fetchPublic(url, request) : fetch(url, request);
    },
    async oauthState(url) {
      const service = await settings.serverSettings();
      const { oauthStateOf } = await import("../../settings/server-settings/mcp-oauth-states.ts");
      const kept = await oauthStateOf(service, url.href);
      return kept && { ...kept, alone: (work) => refreshes.take(url.href.replace(/\/+$/, ""), work) };
    },
    ...(webhooks !== undefined && {
      refreshed: (url, state) => webhooks.writeBack(url.replace(/\/+$/, ""), state),
    }),
    now: () => clock.now(),
  };
}
