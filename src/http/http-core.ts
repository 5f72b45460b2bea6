import type { OpenAPIObject } from "openapi3-ts/oas31";
import { AgentServerError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Answer, emptyAnswer, textAnswer, toResponse } from "./answer.ts";
import { createAuthentication } from "./authentication.ts";
import { type CorsOptions, createCors, isPreflight } from "./cors.ts";
import { errorAnswer } from "./error-answer.ts";
import { createHostGuard } from "./host-guard.ts";
import { type DocsAssets, docsFile, redocPage, swaggerPage } from "./openapi/docs.ts";
import { buildOpenApi } from "./openapi/openapi.ts";
import { belowPrefix, normalizePrefix, splitUrl } from "./request-path.ts";
import type { Route, SocketRoute } from "./route/route.ts";
import { createRouteHandler, type Matched } from "./route/route-handler.ts";
import { createRouter, otherSlash, type RouterEntry } from "./router.ts";
import type { Connect } from "./socket.ts";
import { createFirstFrameGate } from "./sockets/first-frame.ts";
import { createSocketHandler, refusedUpgrade } from "./sockets/socket-handler.ts";

export interface HttpCoreOptions {
  routes: readonly Route[];
  sockets: readonly SocketRoute[];
  /** Accepted as `X-Session-API-Key`. Empty: open to every process and allowed page of this machine. */
  keys: readonly string[];
  /** A host app's own check; it takes the place of the keys. */
  authenticate?: (request: Request) => boolean | Promise<boolean>;
  cors: CorsOptions;
  /** `Host` names served beside loopback while nothing is asked of callers. */
  allowedHosts: readonly string[] | "any";
  /** Path below which clients reach the server, such as `/agents`. Requests may come with or without it. */
  basePath?: string;
  /** Largest JSON body in bytes. Default: 32 MiB. */
  maxBodyBytes?: number;
  /** Adds stack traces to answers of 500 and above. */
  debug?: boolean;
  logger: Logger;
  newId(): string;
  /** The version of the wire protocol, as `/openapi.json` tells it. */
  version: string;
  /** Files of `/docs` and `/redoc`; without them there are no such pages. */
  docsAssets?: DocsAssets;
}

/** The server without a host: everything about HTTP but the network. */
export interface HttpCore {
  /** Whether a path is ours, whatever the method and trailing slash. */
  handles(pathname: string): boolean;
  /** Whether a path is that of one of our sockets. */
  handlesSocket(pathname: string): boolean;
  fetch(request: Request): Promise<Response>;
  /** `fetch` one step earlier, for hosts that write to the wire themselves. */
  answer(request: Request): Promise<Answer | Response>;
  /** A refusing Response, or what to do with the accepted socket. */
  upgrade(request: Request): Promise<Response | Connect>;
  openapi(): OpenAPIObject;
}

const DEFAULT_MAX_BODY_BYTES = 32 * 1024 * 1024;

type Endpoint = (request: Request, matched: Matched) => Promise<Answer | Response> | Answer;

export function createHttpCore(options: HttpCoreOptions): HttpCore {
  const basePath = normalizePrefix(options.basePath);
  const authentication = createAuthentication(options);
  const gate = createFirstFrameGate(authentication.isKey);
  const cors = createCors(options.cors);
  const { open, ambient } = authentication;
  const guard = createHostGuard({ cors, open, ambient, allowedHosts: options.allowedHosts });
  const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;

  let document: OpenAPIObject | undefined;
  let documentText: string | undefined;
  const openapi = () => {
    document ??= buildOpenApi(options.routes, { version: options.version, basePath });
    return document;
  };
  const openapiText = () => {
    documentText ??= JSON.stringify(openapi());
    return documentText;
  };

  const router = createRouter<Endpoint>([
    ...options.routes.map((route) => ({
      method: route.spec.method,
      path: route.spec.path,
      target: createRouteHandler(route, { authentication, maxBodyBytes }),
    })),
    ...options.sockets.map(({ spec }) => ({ method: "GET", path: spec.path, target: upgradeRequired })),
    ...documentationEndpoints(openapiText, options.docsAssets),
  ]);
  const socketRouter = createRouter(
    options.sockets.map((route) => ({
      method: "GET",
      path: route.spec.path,
      target: createSocketHandler(route, { authentication, gate }),
    })),
  );

  const pathOf = (request: Request) => {
    const { pathname, search } = splitUrl(request.url);
    return { pathname: belowPrefix(pathname, basePath) ?? pathname, search };
  };

  function dispatch(request: Request, pathname: string, search: string): Promise<Answer | Response> | Answer {
    guard.checkRequest(request, pathname);
    if (isPreflight(request)) return cors.preflight(request, pathname);
    const match = router.match(request.method, pathname);
    switch (match.kind) {
      case "found":
        return match.target(request, { params: match.params, search });
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

  async function answer(request: Request): Promise<Answer | Response> {
    const { pathname, search } = pathOf(request);
    const origin = request.headers.get("origin");
    let result: Answer | Response;
    try {
      result = await dispatch(request, pathname, search);
    } catch (error) {
      result = errorAnswer(error, {
        ...errorOptions,
        request: { method: request.method, pathname, signal: request.signal },
      });
    }
    return origin === null ? result : withHeaders(result, cors.headers(origin, pathname));
  }

  const errorOptions = {
    debug: options.debug === true,
    logger: options.logger,
    newId: () => options.newId(),
  };

  return {
    openapi,
    answer,
    handles: (pathname) => router.knows(belowPrefix(pathname, basePath) ?? pathname),
    handlesSocket: (pathname) => socketRouter.knows(belowPrefix(pathname, basePath) ?? pathname),
    async fetch(request) {
      const result = await answer(request);
      if (result instanceof Response) return result;
      return toResponse(request.method === "HEAD" ? { ...result, body: null } : result);
    },
    async upgrade(request) {
      const { pathname, search } = pathOf(request);
      try {
        guard.checkUpgrade(request, pathname);
        const match = socketRouter.match("GET", pathname);
        if (match.kind !== "found") return refusedUpgrade();
        return await match.target(request, { params: match.params, search });
      } catch (error) {
        if (AgentServerError.is(error)) {
          options.logger.info({ path: pathname, reason: error.message }, "Upgrade refused");
          return refusedUpgrade(error.status);
        }
        options.logger.error({ error, path: pathname }, "Upgrade failed");
        return refusedUpgrade(500);
      }
    },
  };
}

function upgradeRequired(): Answer {
  throw new AgentServerError("upgrade_required", undefined, {
    headers: { upgrade: "websocket" },
  });
}

/** Unlike all other routes, these answer HEAD too. */
function documentationEndpoints(
  openapi: () => string,
  assets: DocsAssets | undefined,
): RouterEntry<Endpoint>[] {
  const json = () => textAnswer(200, openapi(), { "content-type": "application/json" });
  const pages: [string, Endpoint][] = [["/openapi.json", json]];
  if (assets !== undefined) {
    pages.push(["/docs", swaggerPage], ["/redoc", redocPage]);
    pages.push([
      "/docs/{file}",
      async (_request, { params }) => {
        const file = await docsFile(params.file ?? "", assets);
        if (file === undefined) throw new AgentServerError("not_found");
        return file;
      },
    ]);
  }
  return pages.flatMap(([path, target]) => ["GET", "HEAD"].map((method) => ({ method, path, target })));
}

function withHeaders(result: Answer | Response, added: Record<string, string>): Answer | Response {
  if (!(result instanceof Response)) return { ...result, headers: { ...result.headers, ...added } };
  const headers = new Headers(result.headers);
  for (const [name, value] of Object.entries(added)) {
    if (name === "vary") headers.append(name, value);
    else headers.set(name, value);
  }
  return new Response(result.body, { status: result.status, statusText: result.statusText, headers });
}
