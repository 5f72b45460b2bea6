import { proxyHeaderOf } from "../../http/admission/peer-guard.ts";
import type { PageRequest } from "../../http/pages.ts";
import { isLoopbackAddress, isLoopbackHost } from "../../loopback.ts";

export interface KeySharing {
  apiKeys: readonly string[];
  shareKey: "loopback" | undefined;
}

/** Agent Canvas knows no server without a key, and a server without keys ignores the one it gets. */
const ANY_WORD = "local";

/**
 * Returns the key that a page hands to the app. Null where its user must know one, and where another page asks: those
 * of other ports of this machine may read answers, and browsers name the page that does.
 */
export function keyFor(
  { apiKeys, shareKey }: KeySharing,
  { headers }: Request,
  { peerAddress }: PageRequest,
): string | null {
  const [key] = apiKeys;
  if (key === undefined) return ANY_WORD;
  const isLocal =
    peerAddress !== undefined &&
    isLoopbackAddress(peerAddress) &&
    isLoopbackHost(hostName(headers.get("host") ?? "")) &&
    proxyHeaderOf(headers) === undefined &&
    !headers.has("origin");
  return shareKey === "loopback" && isLocal ? key : null;
}

function hostName(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, "");
}
