import type { OpenAPIObject } from "openapi3-ts/oas31";
import { AgentServerError } from "../errors.ts";
import type { Limiter } from "../limits/limiter.ts";
import type { Auditor } from "./access/auditor.ts";
import type { FindReachFacts } from "./access/concealment.ts";
import type { Authentication } from "./admission/authentication.ts";
import { type Answer, emptyAnswer } from "./answer.ts";
import type { EventStreams } from "./content/event-streams.ts";
import type { ReceiveUpload } from "./content/upload.ts";
import type { DocsAssets } from "./openapi/docs.ts";
import { createDocumentation } from "./openapi/documentation.ts";
import type { MatchedRoute, RequestContext } from "./request-about.ts";
import type { Dispatch } from "./route/dispatch.ts";
import type { Enter } from "./route/entrance.ts";
import type { Route } from "./route/route.ts";
import { createRouteHandler, type Endpoint } from "./route/route-handler.ts";
import { createRouter, otherSlash, type RouteMatch, type Router, type RouterEntry } from "./router.ts";
import type { Connect } from "./socket.ts";
import { createFirstFrameGate } from "./sockets/first-frame.ts";
import type { KeySockets } from "./sockets/key-sockets.ts";
import { createSocketHandler, refusedUpgrade, type SocketEndpoint } from "./sockets/socket-handler.ts";
import type { SocketRoute } from "./sockets/socket-route.ts";

/** A route and what answers it. */
export interface Routed<E> {
  route: MatchedRoute;
  endpoint: E;
}

/** A page for people that needs no credentials: it holds nothing of the server. The OpenAPI document leaves it out. */
export type OpenPage = readonly [path: string, endpoint: Endpoint];

/** Every path of a server. */
export interface Endpoints {
  router: Router<Routed<Endpoint>>;
  socketRouter: Router<Routed<SocketEndpoint>>;
  openapi(): OpenAPIObject;
}

const DEFAULT_MAX_BODY_BYTES = 32 * 1024 * 1024;

export interface EndpointsOptions {
  routes: readonly Route[];
  sockets: readonly SocketRoute[];
  authentication: Authentication;
  /** Normalised: empty, or a path without a slash at its end. */
  basePath: string;
  version: string;
  /** Name of the session cookie, for the OpenAPI document. */
  cookieName?: string | undefined;
  docsAssets?: DocsAssets | undefined;
  /** Pages in addition to those of the documentation. */
  openPages?: readonly OpenPage[] | undefined;
  maxBodyBytes?: number | undefined;
  receiveUpload?: ReceiveUpload | undefined;
  eventStreams: EventStreams;
  queryKey?: boolean | undefined;
  /** The refusal of what requires credentials while the server is not configured; undefined once it is. */
  dormant?: (() => AgentServerError | undefined) | undefined;
  /** Decides about requests that not every server can answer. Default: this one answers all. */
  dispatch?: Dispatch | undefined;
  /** Finds what decides whether a caller reaches a conversation. Default: none is reached by those with a limit. */
  reachFacts?: FindReachFacts | undefined;
  newId(): string;
  /** Ends the sockets and event streams of keys. Default: there are no scoped keys. */
  keySockets?: KeySockets | undefined;
  /** Holds callers to their limits. Default: they have none. */
  limiter?: Limiter | undefined;
  /** Reports what is allowed and refused. Default: nothing is reported. */
  auditor?: Auditor | undefined;
  /** Whether another server has passed a request on. Default: none has. */
  isPassedOn?: ((request: Request, context: RequestContext) => boolean) | undefined;
  /** Decides about requests right before their handlers. Default: all are let in. */
  enter?: Enter | undefined;
}

export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { routes, sockets, authentication, basePath, version, cookieName, docsAssets } = options;
  const {
    maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
    openPages = [],
    receiveUpload,
    eventStreams,
    queryKey = true,
    dormant,
    dispatch,
    reachFacts = unreached,
    newId,
    keySockets,
    limiter,
    auditor,
    isPassedOn,
    enter,
  } = options;
  const gate = createFirstFrameGate(authentication.admitKey);
  const answered = new Set(routes.filter(({ spec }) => spec.method === "GET").map(({ spec }) => spec.path));
  const isNoRoute = ({ spec }: SocketRoute) => !answered.has(spec.path);
  const documentation = createDocumentation(routes, { version, basePath, cookieName }, docsAssets);
  const shared = { authentication, dormant, reachFacts, newId, keySockets, limiter, auditor };
  const answering = { maxBodyBytes, receiveUpload, eventStreams, dispatch, enter, isPassedOn };
  const handlerOptions = { ...shared, ...answering };
  const entries: RouterEntry<Routed<Endpoint>>[] = [
    ...routes.flatMap((route) => entriesOf(route.spec, createRouteHandler(route, handlerOptions))),
    ...sockets
      .filter(isNoRoute)
      .flatMap(({ spec }) => entriesOf({ ...spec, method: "GET" }, upgradeRequired)),
    ...[...documentation.pages, ...openPages].flatMap(([path, endpoint]) =>
      entriesOf({ id: path.slice(1), path, method: "GET", head: true }, endpoint),
    ),
  ];
  const socketEntries = sockets.flatMap((route) =>
    entriesOf({ ...route.spec, method: "GET" }, createSocketHandler(route, { ...shared, gate, queryKey })),
  );
  return {
    router: createRouter(entries),
    socketRouter: createRouter(socketEntries),
    openapi: documentation.openapi,
  };
}

/** Facts that are within no reach that has a condition. */
const unreached: FindReachFacts = async () => ({ createdBy: null, tags: {} });

type Listed = MatchedRoute & { method: string; head?: boolean };

function entriesOf<E>(route: Listed, endpoint: E): RouterEntry<Routed<E>>[] {
  const { method, path } = route;
  const methods = route.head === true ? [method, "HEAD"] : [method];
  return methods.map((each) => ({ method: each, path, target: { route, endpoint } }));
}

/** The route of a match, for stages; undefined where nothing matched. */
export function routeOf<E>(match: RouteMatch<Routed<E>>): MatchedRoute | undefined {
  return match.kind === "found" ? match.target.route : undefined;
}

interface Reaching {
  request: Request;
  context: RequestContext;
  basePath: string;
}

/** Answers a request by its match: the route, a redirect to the other slash, or a 404 or 405. */
export function reach(
  match: RouteMatch<Routed<Endpoint>>,
  { request, context, basePath }: Reaching,
): Promise<Answer | Response> | Answer {
  const { pathname, search } = context;
  switch (match.kind) {
    case "found":
      return match.target.endpoint(request, { params: match.params, context });
    case "wrong_method":
      throw new AgentServerError("method_not_allowed", undefined, {
        headers: { allow: match.allow.join(", ") },
      });
    case "slash_mismatch":
      return emptyAnswer(307, {
        location: basePath + otherSlash(pathname) + (search === "" ? "" : `?${search}`),
      });
    case "unknown":
      throw new AgentServerError("not_found");
  }
}

/** Decides about an upgrade by its match. The reference refuses unknown paths like wrong keys. */
export async function reachSocket(
  match: RouteMatch<Routed<SocketEndpoint>>,
  { request, context }: Omit<Reaching, "basePath">,
): Promise<Response | Connect> {
  if (match.kind !== "found") return refusedUpgrade();
  return match.target.endpoint(request, { params: match.params, context });
}

function upgradeRequired(): Answer {
  throw new AgentServerError("upgrade_required", undefined, {
    headers: { upgrade: "websocket" },
  });
}
