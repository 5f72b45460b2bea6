import type { Principal } from "../principal.ts";
import { type Caller, OPERATOR } from "./access/caller.ts";
import type { RouteAccess } from "./access/route-access.ts";
import type { CorsPolicy } from "./cors.ts";
import type { ConnectionInfo } from "./fetch-server.ts";
import type { RouteAuth } from "./route/route.ts";
import { clientRequestId } from "./watching/request-id.ts";

/** A route as a stage sees it. */
export interface MatchedRoute {
  /** The operation id, such as `getConversation`. */
  readonly id: string;
  /** The template, such as `/api/conversations/{conversation_id}`: a label of low cardinality. */
  readonly path: string;
  /** Present where pages of every web origin may call the route. */
  readonly cors?: CorsPolicy;
  /** Credentials that the route requires. Absent for sockets and for the pages of the documentation. */
  readonly auth?: RouteAuth;
  /** The scope that it needs of its caller, and the things that it touches. */
  readonly access?: RouteAccess;
}

/** Facts about a request that the request itself does not hold. */
export interface RequestAbout {
  /** Path without the base path and without the query, which may hold a key. */
  readonly pathname: string;
  /** The route that answers this path and method; undefined where there is none. */
  readonly route: MatchedRoute | undefined;
  /**
   * Who asks. Null until the route has checked credentials, which it does inside `next()`; null too on open routes and
   * for session keys, which admit a caller without naming one.
   */
  readonly principal: Principal | null;
  /** IP address of the other end of the connection, never taken from a header. Undefined where the host gives none. */
  readonly peerAddress: string | undefined;
  /**
   * Id of this request: that of the header `X-Request-ID`, if it is 1 to 128 visible characters of ASCII, or a new one.
   */
  readonly requestId: string;
  /** Id of this request that no client has chosen. A 500 carries it as `error_id`, without its dashes. */
  readonly errorId: string;
  /** True for a WebSocket upgrade. */
  readonly upgrade: boolean;
}

interface RequestFacts {
  request: Request;
  pathname: string;
  /** The query without its question mark. */
  search: string;
  route: MatchedRoute | undefined;
  connection: ConnectionInfo | undefined;
  upgrade?: boolean;
  newId(): string;
}

/**
 * The server's own view of a request: it knows the query, and the route sets `principal` once it has checked
 * credentials.
 */
export class RequestContext implements RequestAbout {
  readonly pathname: string;
  readonly search: string;
  readonly route: MatchedRoute | undefined;
  readonly upgrade: boolean;
  /** Who asks, once the route has checked credentials. */
  caller: Caller = OPERATOR;
  readonly #connection: ConnectionInfo | undefined;
  readonly #newId: () => string;
  readonly #request: Request;
  #requestId: string | undefined;
  #ownId: string | undefined;

  constructor({ request, pathname, search, route, connection, upgrade = false, newId }: RequestFacts) {
    this.#request = request;
    this.pathname = pathname;
    this.search = search;
    this.route = route;
    this.upgrade = upgrade;
    this.#connection = connection;
    this.#newId = newId;
  }

  get principal(): Principal | null {
    return this.caller.principal;
  }

  get peerAddress(): string | undefined {
    return this.#connection?.peerAddress;
  }

  /** Looks for the id when it is first read: most requests need none. */
  get requestId(): string {
    this.#requestId ??= clientRequestId(this.#request) ?? this.errorId;
    return this.#requestId;
  }

  get errorId(): string {
    this.#ownId ??= this.#newId();
    return this.#ownId;
  }
}
