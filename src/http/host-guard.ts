import { AgentServerError } from "../errors.ts";
import { isLoopbackHost } from "../loopback.ts";
import type { Cors } from "./cors.ts";

export interface HostGuardOptions {
  cors: Cors;
  /** Callers are asked for nothing, so that a browser on this machine must be kept from lending its reach. */
  open: boolean;
  /** What admits a caller may be something that browsers send along by themselves, such as a cookie. */
  ambient: boolean;
  allowedHosts: readonly string[] | "any";
}

/** Refuses what a web page could make a browser send on its behalf. Programs, which send no `Origin`, pass. */
export interface HostGuard {
  /** Throws 403. */
  checkRequest(request: Request, pathname: string): void;
  /** Throws 403. Browsers apply no cross-origin rules to sockets, so these are checked with keys too. */
  checkUpgrade(request: Request, pathname: string): void;
}

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

export function createHostGuard({ cors, open, ambient, allowedHosts }: HostGuardOptions): HostGuard {
  const names = allowedHosts === "any" ? undefined : new Set(allowedHosts.map(nameOf));

  /** A page whose own name was pointed at this machine (DNS rebinding) comes with that name. */
  function checkHost(request: Request): void {
    if (!open || names === undefined) return;
    const name = nameOf(hostOf(request));
    if (isLoopbackHost(name) || names.has(name)) return;
    const hint = "Name it in `allowedHosts`, or configure a key";
    throw new AgentServerError("forbidden", `Host '${name.slice(0, 253)}' is not served. ${hint}`);
  }

  function checkOrigin(request: Request, pathname: string): void {
    const origin = request.headers.get("origin");
    const foreign =
      origin === null ? isCrossSite(request) : !cors.allows(origin, pathname) && !isSameHost(origin, request);
    if (!foreign) return;
    const name = origin === null ? "another site" : `'${origin.slice(0, 253)}'`;
    throw new AgentServerError(
      "forbidden",
      `Pages of ${name} may not do this. Allow them in \`corsOrigins\``,
    );
  }

  return {
    checkRequest(request, pathname) {
      checkHost(request);
      if (ambient && !READING.has(request.method)) checkOrigin(request, pathname);
    },
    checkUpgrade(request, pathname) {
      checkHost(request);
      checkOrigin(request, pathname);
    },
  };
}

/** The name in an authority, in lower case and without its port. */
function nameOf(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, "");
}

/** Where a request was sent: its header says, or its URL where a program made it without one. */
function hostOf(request: Request): string {
  return request.headers.get("host") ?? URL.parse(request.url)?.host ?? "";
}

/** Whether the page comes from the very server it calls. The scheme does not count: TLS often ends in front of us. */
function isSameHost(origin: string, request: Request): boolean {
  const url = URL.parse(origin);
  return url !== null && url.host !== "" && url.host === hostOf(request).toLowerCase();
}

function isCrossSite(request: Request): boolean {
  return request.headers.get("sec-fetch-site") === "cross-site";
}
