import { type Answer, textAnswer } from "./answer.ts";

export interface CorsOptions {
  /** Origins allowed beside those of this machine, compared exactly. */
  origins: readonly string[];
  /** The same as a regular expression; the whole origin must match. */
  originRegex?: string;
  /** Host name always allowed, for browsers inside a container. */
  dockerHost?: string;
}

export interface Cors {
  /** Whether pages of this origin may call the path. */
  allows(origin: string, pathname: string): boolean;
  /** Headers that every answer to a request with this origin carries. */
  headers(origin: string, pathname: string): Record<string, string>;
  preflight(request: Request, pathname: string): Answer;
}

const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/** Characters: a name of 253, a scheme and a port. Longer ones are no origins, and slow patterns down. */
const MAX_ORIGIN = 300;
const MAX_AGE_SECONDS = "600";
const PLAIN_TEXT = "text/plain; charset=utf-8";

/** Pages served from a conversation's workspace run anywhere; a cookie of their own guards these paths. */
const WORKSPACE_PATH = /^\/api\/(?:auth\/workspace-session|conversations\/[^/]+\/workspace)(?:\/|$)/;

/** Cross-origin rules of the reference: the origin is echoed, never `*`, and credentials are always allowed. */
export function createCors(options: CorsOptions): Cors {
  const exact = new Set(options.origins);
  const pattern = options.originRegex === undefined ? undefined : new RegExp(`^(?:${options.originRegex})$`);
  const hosts = new Set(["localhost", "127.0.0.1", ...(options.dockerHost ? [options.dockerHost] : [])]);

  function allows(origin: string, pathname: string): boolean {
    const url = origin.length > MAX_ORIGIN ? null : URL.parse(origin);
    if (url === null) return false;
    if (WORKSPACE_PATH.test(pathname)) return url.protocol === "http:" || url.protocol === "https:";
    return hosts.has(url.hostname) || exact.has(origin) || pattern?.test(origin) === true;
  }

  function headers(origin: string, pathname: string): Record<string, string> {
    const common = { "access-control-allow-credentials": "true", vary: "Origin" };
    return allows(origin, pathname) ? { ...common, "access-control-allow-origin": origin } : common;
  }

  function preflight(request: Request, pathname: string): Answer {
    const origin = request.headers.get("origin") ?? "";
    const refused = preflightRefusal(request, allows(origin, pathname));
    const asked = request.headers.get("access-control-request-headers");
    return textAnswer(refused === undefined ? 200 : 400, refused ?? "OK", {
      "content-type": PLAIN_TEXT,
      ...headers(origin, pathname),
      "access-control-allow-methods": METHODS.join(", "),
      "access-control-max-age": MAX_AGE_SECONDS,
      ...(asked === null ? {} : { "access-control-allow-headers": asked }),
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

/** A browser's question before a cross-origin request; a plain OPTIONS is not one. */
export function isPreflight(request: Request): boolean {
  return (
    request.method === "OPTIONS" &&
    request.headers.get("origin") !== null &&
    request.headers.get("access-control-request-method") !== null
  );
}
