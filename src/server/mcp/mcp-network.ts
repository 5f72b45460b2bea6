import type { Clock } from "../../clock.ts";
import type { RemoteAccess } from "../../mcp/transports/remote-access.ts";
import { isMetadataAddress, isPublicAddress } from "../../outbound/addresses.ts";
import { judgeHost } from "../../outbound/allowed-addresses.ts";
import { createGuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { SettingsDeps } from "../../routes/settings/settings-deps.ts";

/**
 * The network for MCP servers. Users may have them on their machine and in their network, so only metadata services are
 * refused; a server of the internet leads to none of these.
 */
export function mcpNetwork(settings: SettingsDeps, clock: Clock): RemoteAccess {
  const fetch = createGuardedFetch(async (address) => !(await isMetadataAddress(address)));
  const fetchPublic = createGuardedFetch(isPublicAddress);
  return {
    fetch,
    fetchNamed: (from) => async (url, request) => {
      const { outcome } = await judgeHost(from.hostname, isPublicAddress);
      return outcome === "allowed" ? fetchPublic(url, request) : fetch(url, request);
    },
    async oauthState(url) {
      const service = await settings.serverSettings();
      const { oauthStateOf } = await import("../../settings/server-settings/mcp-oauth-states.ts");
      return oauthStateOf(service, url.href);
    },
    now: () => clock.now(),
  };
}
