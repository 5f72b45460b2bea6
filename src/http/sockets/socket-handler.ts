import { AgentServerError } from "../../errors.ts";
import { once } from "../../once.ts";
import { type Caller, OPERATOR } from "../access/caller.ts";
import { conceal, type FindReachFacts } from "../access/concealment.ts";
import { assertScope, namesConversation } from "../access/route-access.ts";
import type { Authentication } from "../admission/authentication.ts";
import { SESSION_KEY_HEADER } from "../admission/authentication.ts";
import { listFields, readQuery } from "../route/query.ts";
import type { Matched } from "../route/route-handler.ts";
import { validate } from "../route/validation.ts";
import type { Connect } from "../socket.ts";
import type { ConnectOf, FirstFrameGate } from "./first-frame.ts";
import type { KeySockets } from "./key-sockets.ts";
import { accessOfSocket, type SocketRoute } from "./socket-route.ts";

export interface SocketHandlerOptions {
  authentication: Authentication;
  gate: FirstFrameGate;
  /** Whether a key in the query is accepted. */
  queryKey: boolean;
  /** The refusal while the server is not configured; undefined once it is. */
  dormant?: (() => AgentServerError | undefined) | undefined;
  /** Finds what decides whether a conversation is reached. */
  reachFacts: FindReachFacts;
  newId(): string;
  keySockets: KeySockets | undefined;
}

/** Decides about the upgrades of one socket. */
export type SocketEndpoint = (request: Request, matched: Matched) => Promise<Response | Connect>;

const KEY_PARAMETER = "session_api_key";

/** The reference's refusal of an upgrade, whatever the reason: a status without a body. */
export function refusedUpgrade(status = 403): Response {
  return new Response(null, { status });
}

/**
 * Decides about upgrades of one socket. A key in the query wins over a key in the header, and either is final when it
 * is wrong; without one the socket is accepted and must show a key in its first frame.
 */
export function createSocketHandler(
  route: SocketRoute,
  { authentication, gate, queryKey, dormant, reachFacts, newId, keySockets }: SocketHandlerOptions,
): SocketEndpoint {
  const { spec } = route;
  const access = accessOfSocket(spec);
  const admit = authentication.checkOf(["key"]);
  const lists = once(() => (spec.query === undefined ? new Set<string>() : listFields(spec.query)));

  return async (request, { params, context }) => {
    if (dormant?.() !== undefined) return refusedUpgrade();
    const query = readQuery(context.search, lists());
    const validParams = spec.params && validate(spec.params, params, "path");
    const validQuery = spec.query && validate(spec.query, query, "query");
    if (validParams?.items !== undefined || validQuery?.items !== undefined) return refusedUpgrade();

    const connectOf: ConnectOf = async (caller) => {
      context.caller = caller;
      assertScope(caller.scope, access);
      const params = await shownParams(validParams?.value, caller);
      const { principal } = caller;
      const connect = route.connect({ params, query: validQuery?.value, request, principal, caller });
      return keySockets?.guard(connect, caller.keyId) ?? connect;
    };
    if (spec.auth === "open") return connectOf(OPERATOR);
    if (!authentication.firstFrame) {
      const caller = await admit(request, context);
      return caller === undefined ? refusedUpgrade() : connectOf(caller);
    }
    const { peerAddress } = context;
    if (!queryKey && KEY_PARAMETER in query) {
      throw new AgentServerError("forbidden", `Keys in the query are switched off: ${KEY_PARAMETER}`);
    }
    const key = query[KEY_PARAMETER] ?? request.headers.get(SESSION_KEY_HEADER);
    if (typeof key === "string") {
      const caller = await authentication.admitKey(key, peerAddress);
      return caller === undefined ? refusedUpgrade() : connectOf(caller);
    }
    return gate.isFull(peerAddress) ? refusedUpgrade(503) : gate.guard(connectOf, peerAddress);
  };

  async function shownParams(params: unknown, { reach }: Caller): Promise<unknown> {
    if (!namesConversation(access)) return params;
    return (await conceal(params, reach, { find: reachFacts, newId }))?.params ?? params;
  }
}
