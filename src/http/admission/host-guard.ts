import { AgentServerError } from "../../errors.ts";
import { isLoopbackHost } from "../../loopback.ts";
import type { Cors, CorsPolicy } from "../cors.ts";
import type { MatchedRoute, RequestAbout } from "../request-about.ts";
import { credentialsOf } from "../route/route.ts";
import type { Keyless } from "./authentication.ts";

export interface HostGuardOptions {
  cors: Cors;
  /** `loopback`: pages open in a local browser must not be able to reach the server. */
  keyless: Keyless | undefined;
  /** Credentials may be ambient, such as a cookie that a browser attaches to requests of any page. */
  ambient: boolean;
  /** Names served in addition to those of loopback, where the host is checked. */
  allowedHosts: readonly string[];
}

/** Refuses what a web page could make a browser send on its behalf. Programs, which send no `Origin`, pass. */
export interface HostGuard {
  /** Throws 403. Browsers apply no cross-origin rules to upgrades, so their origin is checked with keys too. */
  check(request: Request, about: RequestAbout): void;
}

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

export function createHostGuard({ cors, keyless, ambient, allowedHosts }: HostGuardOptions): HostGuard {
  const names = new Set(allowedHosts.map(nameOf));

  /** A page whose name was pointed at this machine (DNS rebinding) sends that name. */
  function checkHost(request: Request): void {
    if (keyless !== "loopback") return;
    const name = nameOf(hostOf(request));
    if (isLoopbackHost(name) || names.has(name)) return;
    const hint = "Name it in `allowedHosts`, or configure a key";
    throw new AgentServerError("forbidden", `Host '${name.slice(0, 253)}' is not served. ${hint}`);
  }

  function checkOrigin(request: Request, policy: CorsPolicy): void {
    const origin = request.headers.get("origin");
    const foreign =
      origin === null ? isCrossSite(request) : !cors.allows(origin, policy) && !isSameHost(origin, request);
    if (!foreign) return;
    const name = origin === null ? "another site" : `'${origin.slice(0, 253)}'`;
    throw new AgentServerError(
      "forbidden",
      `Pages of ${name} may not do this. Allow them in \`corsOrigins\``,
    );
  }

  return {
    check(request, { upgrade, route }) {
      checkHost(request);
      const changes = !READING.has(request.method);
      if (upgrade || (changes && (ambient || takesCookie(route)))) checkOrigin(request, route?.cors);
    },
  };
}

function takesCookie(route: MatchedRoute | undefined): boolean {
  return route?.auth !== undefined && credentialsOf({ auth: route.auth }).includes("cookie");
}

/** Returns the name in an authority, in lower case and without its port. */
function nameOf(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, "");
}

/** Returns the host a request was sent to: from its header, or from its URL where a program made it without one. */
function hostOf(request: Request): string {
  return request.headers.get("host") ?? URL.parse(request.url)?.host ?? "";
}

/** True if the page comes from the server it calls. The scheme does not count: TLS often ends at a proxy. */
function isSameHost(origin: string, request: Request): boolean {
  const url = URL.parse(origin);
  return url !== null && url.host !== "" && url.host === hostOf(request).toLowerCase();
}

function isCrossSite(request: Request): boolean {
  return request.headers.get("sec-fetch-site") === "cross-site";
}
