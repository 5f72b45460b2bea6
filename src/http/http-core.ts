import type { OpenAPIObject } from "openapi3-ts/oas31";
import type { AgentServerError } from "../errors.ts";
import type { Limiter } from "../limits/limiter.ts";
import type { Logger } from "../logger.ts";
import { NO_OBSERVERS, type Observers } from "../observing/observers.ts";
import { auditedGuard } from "./access/audited-guard.ts";
import type { Auditor } from "./access/auditor.ts";
import type { FindReachFacts } from "./access/concealment.ts";
import { type AuthenticationOptions, createAuthentication } from "./admission/authentication.ts";
import { createHostGuard } from "./admission/host-guard.ts";
import { createPeerGuard } from "./admission/peer-guard.ts";
import { type Answer, isResponse, toResponse } from "./answer.ts";
import { EventStreams } from "./content/event-streams.ts";
import type { ReceiveUpload } from "./content/upload.ts";
import { type CorsOptions, createCors, preflightMethod } from "./cors.ts";
import { createEndpoints, type OpenPage, reach, reachSocket, routeOf } from "./endpoints.ts";
import { errorAnswer } from "./error-answer.ts";
import type { ConnectionInfo } from "./fetch-server.ts";
import type { DocsAssets } from "./openapi/docs.ts";
import { type Pages, reachPage } from "./pages.ts";
import { RequestContext } from "./request-about.ts";
import { belowPrefix, normalizePrefix, splitUrl } from "./request-path.ts";
import type { Dispatch } from "./route/dispatch.ts";
import type { Enter } from "./route/entrance.ts";
import type { Route } from "./route/route.ts";
import { serverStages } from "./server-stages.ts";
import type { Connect } from "./socket.ts";
import { KeySockets } from "./sockets/key-sockets.ts";
import type { SocketRoute } from "./sockets/socket-route.ts";
import { acceptOrRefuse, upgradeErrorAnswer } from "./sockets/upgrade-outcome.ts";
import { runStages, type Stage } from "./stages.ts";
import { watchedRequests } from "./watching/watched-requests.ts";
import { watchedSocket } from "./watching/watched-sockets.ts";

export interface HttpCoreOptions extends AuthenticationOptions {
  routes: readonly Route[];
  sockets: readonly SocketRoute[];
  /** Run around every request, in order, behind the server's own stages. */
  stages?: readonly Stage[];
  cors: CorsOptions;
  /** `Host` names served in addition to those of loopback while `keyless` is `loopback`. */
  allowedHosts: readonly string[];
  /** Path below which a host app mounts the server, such as `/agents`. All other paths belong to the host. */
  basePath?: string;
  /** Path below which a proxy shows the server. Requests may come with or without it. Default: `basePath`. */
  publicPath?: string;
  /** Largest JSON body in bytes. Default: 32 MiB. */
  maxBodyBytes?: number;
  /** Writes the files of uploads to disk. Required where a route takes one. */
  receiveUpload?: ReceiveUpload;
  /** Adds stack traces to answers of 500 and above. */
  debug?: boolean;
  /** Whether sockets accept a key in the query, where access logs may keep it. Default: true. */
  queryKey?: boolean;
  logger: Logger;
  newId(): string;
  /** The version of the wire protocol, shown in `/openapi.json`. */
  version: string;
  /** Files of `/docs` and `/redoc`; without them there are no such pages. */
  docsAssets?: DocsAssets;
  /** Further pages for people at paths of the server. */
  openPages?: readonly OpenPage[];
  /** The refusal of what requires credentials while the server is not configured. Default: it is. */
  dormant?: (() => AgentServerError | undefined) | undefined;
  /** Decides about requests that not every server can answer. Default: this one answers all. */
  dispatch?: Dispatch | undefined;
  /** Finds what decides whether a caller reaches a conversation. Default: none is reached by those with a limit. */
  reachFacts?: FindReachFacts | undefined;
  /** Decides about requests right before their handlers. Default: all are let in. */
  enter?: Enter | undefined;
  /** Holds callers to their limits. Default: they have none. */
  limiter?: Limiter | undefined;
  /** Reports what is allowed and refused. Default: nothing is reported. */
  auditor?: Auditor | undefined;
  /** Whether another server has passed a request on, which has counted it. Default: none has. */
  isPassedOn?: ((request: Request, context: RequestContext) => boolean) | undefined;
  /** Pages for people. With them every path below the base path is the server's. */
  pages?: Pages | undefined;
  /** Watch requests and sockets. Default: none. */
  observers?: Observers | undefined;
}

/** The server without a host: everything about HTTP but the network. */
export interface HttpCore {
  /** True for a path of the server, whatever the method and trailing slash. See `FetchServer.handles`. */
  handles(pathname: string, mountPath?: string): boolean;
  /** True for the path of a socket. */
  handlesSocket(pathname: string, mountPath?: string): boolean;
  fetch(request: Request, connection?: ConnectionInfo): Promise<Response>;
  /** `fetch` one step earlier, for hosts that write to the wire themselves. */
  answer(request: Request, connection?: ConnectionInfo): Promise<Answer | Response>;
  /** Resolves to a refusing Response, or to the function that takes the accepted socket. */
  upgrade(request: Request, connection?: ConnectionInfo): Promise<Response | Connect>;
  openapi(): OpenAPIObject;
  /** Ends the streams of server-sent events, so that their connections can close. */
  endStreams(): void;
}

export function createHttpCore(options: HttpCoreOptions): HttpCore {
  const { logger, newId, debug = false, pages, observers = NO_OBSERVERS } = options;
  const basePath = normalizePrefix(options.basePath ?? options.publicPath);
  const authentication = createAuthentication(options);
  const cors = createCors(options.cors);
  const { keyless, ambient } = authentication;
  const hostGuard = createHostGuard({ cors, keyless, ambient, allowedHosts: options.allowedHosts });
  const guards = keyless === "loopback" ? [createPeerGuard(logger), hostGuard] : [hostGuard];
  const audited = guards.map((guard) => auditedGuard(guard, options.auditor));
  const stages = [...watchedRequests(observers), ...serverStages(cors, audited), ...(options.stages ?? [])];
  const eventStreams = new EventStreams(logger);
  const { router, socketRouter, openapi } = createEndpoints({
    ...options,
    authentication,
    eventStreams,
    basePath,
    cookieName: options.cookie?.name,
    keySockets: options.scopedKeys && new KeySockets({ keys: options.scopedKeys, logger }),
  });

  const below = (pathname: string) => belowPrefix(pathname, basePath) ?? pathname;
  const isOurs = (pathname: string, mountPath: string) =>
    options.basePath === undefined || mountPath !== "" || belowPrefix(pathname, basePath) !== undefined;
  const locate = (request: Request) => {
    const { pathname, search } = splitUrl(request.url);
    return { pathname: below(pathname), search };
  };

  async function answer(request: Request, connection?: ConnectionInfo): Promise<Answer | Response> {
    const { pathname, search } = locate(request);
    const match = router.match(preflightMethod(request) ?? request.method, pathname);
    const route = routeOf(match);
    const context = new RequestContext({ request, pathname, search, newId, connection, route });
    return runStages(stages, {
      request,
      about: context,
      endpoint: async () =>
        (await reachPage(pages, match, { request, about: context })) ??
        reach(match, { request, context, basePath }),
      recover: (error) => errorAnswer(error, { debug, logger, request, context }),
    });
  }

  async function upgrade(request: Request, connection?: ConnectionInfo): Promise<Response | Connect> {
    const { pathname, search } = locate(request);
    const match = socketRouter.match("GET", pathname);
    const route = routeOf(match);
    const context = new RequestContext({
      ...{ request, pathname, search, newId, connection, route },
      upgrade: true,
    });
    const decision = await acceptOrRefuse((accept) =>
      runStages(stages, {
        request,
        about: context,
        endpoint: async () => accept(await reachSocket(match, { request, context })),
        recover: (error) => upgradeErrorAnswer(error, { logger, pathname }),
      }),
    );
    return isResponse(decision) ? decision : watchedSocket(decision, context, observers);
  }

  return {
    openapi,
    answer,
    upgrade,
    endStreams: () => eventStreams.close(),
    handles: (pathname, mountPath = "") =>
      isOurs(pathname, mountPath) && (pages !== undefined || router.knows(below(pathname))),
    handlesSocket: (pathname, mountPath = "") =>
      isOurs(pathname, mountPath) && socketRouter.knows(below(pathname)),
    async fetch(request, connection) {
      const result = await answer(request, connection);
      if (isResponse(result)) return result;
      return toResponse(request.method === "HEAD" ? { ...result, body: null } : result);
    },
  };
}
