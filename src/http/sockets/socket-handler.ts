import { AgentServerError } from "../../errors.ts";
import type { Limiter } from "../../limits/limiter.ts";
import { once } from "../../once.ts";
import type { Auditor } from "../access/auditor.ts";
import { type Caller, clientOf, OPERATOR } from "../access/caller.ts";
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
import { limitedSocket } from "./limited-socket.ts";
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
  /** Holds callers to their limits. Default: they have none. */
  limiter?: Limiter | undefined;
  /** Reports what is allowed and refused. Default: nothing is reported. */
  auditor?: Auditor | undefined;
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
export function createSocketHandler(route: SocketRoute, options: SocketHandlerOptions): SocketEndpoint {
  const { spec } = route;
  const { authentication, gate, queryKey, dormant, keySockets, limiter, auditor } = options;
  const access = accessOfSocket(spec);
  const admit = authentication.checkOf(["key"]);
  const lists = once(() => (spec.query === undefined ? new Set<string>() : listFields(spec.query)));

  return async (request, { params, context }) => {
    if (dormant?.() !== undefined) return refusedUpgrade();
    const query = readQuery(context.search, lists());
    const validParams = spec.params && validate(spec.params, params, "path");
    const validQuery = spec.query && validate(spec.query, query, "query");
    if (validParams?.items !== undefined || validQuery?.items !== undefined) return refusedUpgrade();
    const about = { action: spec.id, access, params, context };
    const reporting = async <T>(decide: () => Promise<T>): Promise<T> => {
      try {
        return await decide();
      } catch (error) {
        auditor?.refused(about, error);
        throw error;
      }
    };

    const connectOf: ConnectOf = async (caller) => {
      context.caller = caller;
      return reporting(async () => {
        limiter?.takeRequest(clientOf(caller));
        assertScope(caller.scope, access);
        const concealed = await hidden(validParams?.value, caller);
        if (concealed === undefined) auditor?.allowed(about);
        else auditor?.refused(about, "The conversation is not among those that the caller reaches");
        const params = concealed ?? validParams?.value;
        const { principal } = caller;
        const connect = route.connect({ params, query: validQuery?.value, request, principal, caller });
        const ended = (reason: string) => auditor?.refused(about, reason);
        const guarded = keySockets?.guard(connect, caller, ended) ?? connect;
        return limiter === undefined ? guarded : limitedSocket(guarded, clientOf(caller), limiter);
      });
    };
    /** Reports credentials that are wrong. */
    const unless = (caller: Caller | undefined) => {
      if (caller !== undefined) return connectOf(caller);
      auditor?.refused(about, new AgentServerError("unauthorized"));
      return refusedUpgrade();
    };
    if (spec.auth === "open")
      return openTo(request, { params: validParams?.value, query: validQuery?.value });
    if (!authentication.firstFrame) return unless(await reporting(async () => admit(request, context)));
    const { peerAddress } = context;
    if (!queryKey && KEY_PARAMETER in query) {
      throw new AgentServerError("forbidden", `Keys in the query are switched off: ${KEY_PARAMETER}`);
    }
    const key = query[KEY_PARAMETER] ?? request.headers.get(SESSION_KEY_HEADER);
    if (typeof key === "string") {
      return unless(await reporting(async () => authentication.admitKey(key, peerAddress)));
    }
    if (gate.isFull(peerAddress)) return refusedUpgrade(503);
    return gate.guard(connectOf, peerAddress, (why) => auditor?.refused(about, why));
  };

  /** A socket that checks credentials itself. */
  function openTo(request: Request, { params, query }: { params: unknown; query: unknown }): Connect {
    return route.connect({ params, query, request, principal: null, caller: OPERATOR });
  }

  /** Parameters for a conversation that the caller does not reach; undefined for one that it does. */
  async function hidden(params: unknown, { reach }: Caller): Promise<unknown> {
    if (!namesConversation(access)) return undefined;
    return (await conceal(params, reach, { find: options.reachFacts, newId: options.newId }))?.params;
  }
}
