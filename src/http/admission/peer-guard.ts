import { AgentServerError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { isLoopbackAddress } from "../../loopback.ts";
import type { RequestAbout } from "../request-about.ts";

/** Headers by which proxies name the client they speak for. */
const PROXY_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-server",
  "x-forwarded-scheme",
  "x-forwarded-ssl",
  "x-forwarded-by",
  "x-forwarded-prefix",
  "x-original-forwarded-for",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
];
const REMEDY = "Set `apiKeys` (OH_SESSION_API_KEYS_0) or `authenticate`";

/** Serves callers of this machine only, where no credentials are required. */
export interface PeerGuard {
  /** Throws 403 for a peer that is elsewhere, and for a proxy, which may speak for one. */
  check(request: Request, about: RequestAbout): void;
}

/**
 * Decides by the address of the connection and never by a header that names a client, because any caller can write one.
 * A header of a proxy refuses the request: behind a proxy on this machine every client would look like a local one.
 */
export function createPeerGuard(logger: Logger): PeerGuard {
  let warned = false;

  /** Warns a host that passes requests of a network on without their peers. In-process calls have none either. */
  function warnOnce(): void {
    if (warned) return;
    warned = true;
    logger.warn(
      {},
      "a request came without the address of its peer, and no key is set: call fetch(request, { peerAddress }), or make " +
        "sure that the host listens on the loopback interface only",
    );
  }

  return {
    check({ headers }, { peerAddress }) {
      const proxied = proxyHeaderOf(headers);
      if (proxied !== undefined) {
        throw refusal(`Without a key no proxy is served, and the request has the header '${proxied}'.`);
      }
      if (peerAddress === undefined) warnOnce();
      else if (!isLoopbackAddress(peerAddress)) {
        throw refusal(
          `Without a key only this machine is served, and the request came from ${nameOf(peerAddress)}.`,
        );
      }
    },
  };
}

/** Returns the name of a header that a proxy has added. Undefined for a request without one. */
export function proxyHeaderOf(headers: Headers): string | undefined {
  return PROXY_HEADERS.find((name) => headers.has(name));
}

function refusal(reason: string): AgentServerError {
  return new AgentServerError("forbidden", `${reason} ${REMEDY}`);
}

function nameOf(peerAddress: string): string {
  return peerAddress === "" ? "an unknown address" : peerAddress;
}
