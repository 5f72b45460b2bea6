import type { ExtensionPlace, HostVerdict } from "../extensions/place.ts";
import { once } from "../once.ts";
import { isMetadataAddress } from "../outbound/addresses.ts";
import type { LazyWorkspace } from "../workspace/lazy-workspace.ts";
import { joinPath } from "../workspace/paths.ts";
import type { ResolvedOptions } from "./options/resolved-options.ts";

/** Variables that send the requests of programs through a proxy. */
const PROXIES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);

/** The machine on which extensions lie, and what its programs may reach for users. */
export function extensionPlaces(
  { logger, clock, environment, publicExtensions: source }: ResolvedOptions,
  { machine, userDir }: { machine: LazyWorkspace; userDir: string | undefined },
): () => Promise<ExtensionPlace> {
  const isBehindProxy = PROXIES.some((name) => environment[name]);
  const offered = once(async () => {
    const { PublicExtensions } = await import("../extensions/checkout/public-extensions.ts");
    return new PublicExtensions(open, { ...source, clock });
  });
  const open = async (): Promise<ExtensionPlace> => {
    const workspace = await machine.get();
    return {
      workspace,
      userDir: userDir ?? joinPath(workspace.info.home, ".openhands"),
      logger,
      clock,
      async judgeHost(host): Promise<HostVerdict> {
        const { judgeHost } = await import("../outbound/allowed-addresses.ts");
        // A repository may lie in the user's own network, so only metadata services are refused.
        const verdict = await judgeHost(host, async (address) => !(await isMetadataAddress(address)));
        return verdict.outcome === "unknown" && isBehindProxy ? { outcome: "proxied" } : verdict;
      },
      publicExtensions: {
        folder: async () => (await offered()).folder(),
        refresh: async () => (await offered()).refresh(),
        listed: async (name, read) => (await offered()).listed(name, read),
      },
    };
  };
  return open;
}
