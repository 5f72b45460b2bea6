import type { Authentication } from "../authentication.ts";
import { SESSION_KEY_HEADER } from "../authentication.ts";
import { listFields, readQuery } from "../route/query.ts";
import type { SocketRoute } from "../route/route.ts";
import type { Matched } from "../route/route-handler.ts";
import { validate } from "../route/validation.ts";
import type { Connect } from "../socket.ts";
import type { FirstFrameGate } from "./first-frame.ts";

export interface SocketHandlerOptions {
  authentication: Authentication;
  gate: FirstFrameGate;
}

type SocketEndpoint = (request: Request, matched: Matched) => Promise<Response | Connect>;

const KEY_PARAMETER = "session_api_key";

/** How the reference refuses before it accepts, whatever the reason: without a word. */
export function refusedUpgrade(status = 403): Response {
  return new Response(null, { status });
}

/**
 * Decides about an upgrade. A key in the query wins over one in the header, and either is final when it is wrong;
 * without one the socket is accepted and must show it in its first frame.
 */
export function createSocketHandler(
  route: SocketRoute,
  { authentication, gate }: SocketHandlerOptions,
): SocketEndpoint {
  const { spec } = route;
  const lists = spec.query === undefined ? new Set<string>() : listFields(spec.query);

  return async (request, { params, search }) => {
    const query = readQuery(search, lists);
    const validParams = spec.params && validate(spec.params, params, "path");
    const validQuery = spec.query && validate(spec.query, query, "query");
    if (validParams?.items !== undefined || validQuery?.items !== undefined) return refusedUpgrade();

    const accept = () => route.connect({ params: validParams?.value, query: validQuery?.value, request });
    const key = query[KEY_PARAMETER] ?? request.headers.get(SESSION_KEY_HEADER);
    if (authentication.firstFrame && typeof key === "string") {
      return authentication.isKey(key) ? accept() : refusedUpgrade();
    }
    if (!authentication.firstFrame)
      return (await authentication.admits(request)) ? accept() : refusedUpgrade();
    return gate.full ? refusedUpgrade(503) : gate.guard(accept());
  };
}
