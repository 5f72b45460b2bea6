import { type Answer, textAnswer } from "./answer.ts";

export interface CorsOptions {
  /** Origins allowed in addition to those of this machine, compared exactly. */
  origins: readonly string[];
  /** The same as a regular expression; the whole origin must match. */
  originRegex?: string;
  /** Host name always allowed, for browsers inside a container. */
  dockerHost?: string;
}

/** Which pages may call a route: those of the options, or with `any-origin` those of every web site. */
export type CorsPolicy = "any-origin" | undefined;

export interface Cors {
  /** True if pages of this origin may call a route with this policy. */
  allows(origin: string, policy: CorsPolicy): boolean;
  /** Returns the headers for every answer to a request with this origin. */
  headers(origin: string, policy: CorsPolicy): Record<string, string>;
  /** Answers a pre-flight, for any path. */
  preflight(request: Request, policy: CorsPolicy): Answer;
}

const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/** Characters: a name of 253, a scheme and a port. Longer text is not an origin and would slow patterns down. */
const MAX_ORIGIN = 300;
const MAX_AGE_SECONDS = "600";
const PLAIN_TEXT = "text/plain; charset=utf-8";

/**
 * Applies the cross-origin rules of the reference: the origin is echoed, never `*`, and credentials are always allowed.
 */
export function createCors(options: CorsOptions): Cors {
  const exact = new Set(options.origins);
  const pattern = options.originRegex === undefined ? undefined : new RegExp(`^(?:${options.originRegex})$`);
  const hosts = new Set(["localhost", "127.0.0.1", ...(options.dockerHost ? [options.dockerHost] : [])]);

  function allows(origin: string, policy: CorsPolicy): boolean {
    const url = origin.length > MAX_ORIGIN ? null : URL.parse(origin);
    if (url === null) return false;
    if (policy === "any-origin") return url.protocol === "http:" || url.protocol === "https:";
    return hosts.has(url.hostname) || exact.has(origin) || pattern?.test(origin) === true;
  }

  function headers(origin: string, policy: CorsPolicy): Record<string, string> {
    const common = { "access-control-allow-credentials": "true", vary: "Origin" };
    return allows(origin, policy) ? { ...common, "access-control-allow-origin": origin } : common;
  }

  function preflight(request: Request, policy: CorsPolicy): Answer {
    const origin = request.headers.get("origin") ?? "";
    const refused = preflightRefusal(request, allows(origin, policy));
    const requestedHeaders = request.headers.get("access-control-request-headers");
    return textAnswer(refused === undefined ? 200 : 400, refused ?? "OK", {
      "content-type": PLAIN_TEXT,
      ...headers(origin, policy),
      "access-control-allow-methods": METHODS.join(", "),
      "access-control-max-age": MAX_AGE_SECONDS,
      ...(requestedHeaders === null ? {} : { "access-control-allow-headers": requestedHeaders }),
    });
  }

  return { allows, headers, preflight };
}

function preflightRefusal(request: Request, originAllowed: boolean): string | undefined {
  const wrong = [];
  if (!originAllowed) wrong.push("origin");
  if (!METHODS.includes(request.headers.get("access-control-request-method") ?? "")) wrong.push("method");
  return wrong.length === 0 ? undefined : `Disallowed CORS ${wrong.join(", ")}`;
}

/** Returns the method that a pre-flight announces; null for any other request, a plain OPTIONS too. */
export function preflightMethod(request: Request): string | null {
  if (request.method !== "OPTIONS" || request.headers.get("origin") === null) return null;
  return request.headers.get("access-control-request-method");
}
