import type { HostGuard } from "./admission/host-guard.ts";
import type { PeerGuard } from "./admission/peer-guard.ts";
import { type Answer, isResponse } from "./answer.ts";
import { type Cors, preflightMethod } from "./cors.ts";
import type { Stage } from "./stages.ts";

/** The stages that every request passes before those of the host. */
export function serverStages(cors: Cors, guards: readonly Guard[]): Stage[] {
  return [corsHeaders(cors), ...guards.map(guardStage), preflights(cors)];
}

/** Refuses requests by throwing. */
type Guard = HostGuard | PeerGuard;

/** Comes first, so that refusals and errors carry the headers too. Browsers do not look for them on upgrades. */
function corsHeaders(cors: Cors): Stage {
  return async (request, next, { upgrade, route }) => {
    const origin = request.headers.get("origin");
    if (origin === null || upgrade) return next();
    return withHeaders(await next(), cors.headers(origin, route?.cors));
  };
}

function guardStage(guard: Guard): Stage {
  return async (request, next, about) => {
    guard.check(request, about);
    return next();
  };
}

/** Answers pre-flights before the stages of the host, which could refuse them for lack of a login. */
function preflights(cors: Cors): Stage {
  return async (request, next, { route }) =>
    preflightMethod(request) === null ? next() : cors.preflight(request, route?.cors);
}

function withHeaders(result: Answer | Response, added: Record<string, string>): Answer | Response {
  if (!isResponse(result)) {
    const headers = { ...result.headers, ...added };
    const vary = allNames(result.headers.vary, added.vary);
    return { ...result, headers: vary === "" ? headers : { ...headers, vary } };
  }
  const headers = new Headers(result.headers);
  for (const [name, value] of Object.entries(added)) {
    headers.set(name, name === "vary" ? allNames(headers.get(name), value) : value);
  }
  return new Response(result.body, { status: result.status, statusText: result.statusText, headers });
}

/** Joins lists of header names, each of them once. */
function allNames(...lists: readonly (string | null | undefined)[]): string {
  const names = lists.flatMap((list) => list?.split(",") ?? []).map((name) => name.trim());
  const known = new Map(names.filter((name) => name !== "").map((name) => [name.toLowerCase(), name]));
  return [...known.values()].join(", ");
}
