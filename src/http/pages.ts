import type { Answer } from "./answer.ts";
import type { RouteMatch } from "./router.ts";

/** A request for a page, as far as the server knows it beyond the request itself. */
export interface PageRequest {
  /** Path without the base path and without the query. Percent signs are not decoded. */
  readonly pathname: string;
  /** IP address of the other end of the connection. Undefined where the host gives none. */
  readonly peerAddress: string | undefined;
}

/**
 * Pages for people, at the paths that no route has and at the root, where programs get JSON. Anyone whom the stages let
 * through may read them.
 */
export interface Pages {
  /** Answers a GET or HEAD. Undefined for a path without a page. */
  answer(request: Request, about: PageRequest): Promise<Answer | Response | undefined>;
}

/** Answers with a page where there is one to show. Undefined leaves the request to the routes. */
export async function reachPage(
  pages: Pages | undefined,
  match: RouteMatch<unknown>,
  { request, about }: { request: Request; about: PageRequest },
): Promise<Answer | Response | undefined> {
  if (pages === undefined || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
  const isPage = match.kind === "unknown" || (about.pathname === "/" && wantsPage(request));
  return isPage ? pages.answer(request, about) : undefined;
}

/** Programs ask for JSON or for anything; browsers name HTML when they open a page. */
export function wantsPage(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/html") ?? false;
}
