import type { CompanyProxy } from "../../outbound/company-proxy/company-proxy.ts";
import type { WorkspaceInfo } from "../../workspace/workspace.ts";
import { BrowserFailure } from "../failure.ts";

/** The limits of what the browser of a conversation may connect to. */
export interface NetworkRules {
  /** Whether this machine and private networks are open to it. Metadata services of clouds never are. */
  allowsPrivate: boolean;
  allowsHost(hostname: string): boolean;
  /** The proxy through which this machine reaches others. null for none. */
  upstream: CompanyProxy | null;
}

export interface NetworkSettings {
  /** Of the host of this server. */
  allowsPrivate: boolean;
  /** Hosts that the agent's settings allow, `*.` before a domain for all below it; null for any. */
  domains: readonly string[] | null;
  /** The proxy through which the host of this server reaches others. null for none. */
  upstream: CompanyProxy | null;
}

/**
 * The rules for a conversation's browser, which runs on the server's machine: it must not reach what the programs of
 * the conversation cannot. Throws a failure where they have no network.
 */
export function networkRules(
  { network = "separate", kind }: WorkspaceInfo,
  settings: NetworkSettings,
): NetworkRules {
  if (network === "none") {
    throw new BrowserFailure(
      `There is no browser in this conversation: it works in a ${kind} without a network, and the browser would have one.`,
    );
  }
  const { domains, upstream } = settings;
  return {
    // Beyond this machine, its own network would be a way out of that of the conversation.
    allowsPrivate: settings.allowsPrivate && network === "shared",
    allowsHost: (hostname) => domains === null || domains.some((domain) => matches(domain, hostname)),
    upstream,
  };
}

function matches(domain: string, hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  const wanted = domain.toLowerCase().replace(/^\[|\]$/g, "");
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
}
