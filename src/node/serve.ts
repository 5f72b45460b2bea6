import type { IncomingMessage, ServerResponse } from "node:http";
import type { FetchServer } from "../http/fetch-server.ts";
import { splitUrl } from "../http/request-path.ts";
import { type ToRequestOptions, toRequest, writeResponse } from "./convert.ts";
import { endWithHost } from "./host-lifetime.ts";
import { httpServerOf, isWebSocketUpgrade, takeOver } from "./sockets/take-over.ts";
import { claimThroughApp } from "./sockets/upgrade-claims.ts";
import { acceptSocket } from "./sockets/web-sockets.ts";

/** What a host knows of a request beside the request itself. */
export interface ServeOptions extends ToRequestOptions {
  /** Path and query before the host stripped the path it mounted us below. */
  originalUrl?: string | undefined;
  /** Goes on to the host with what is not ours. Without it, the server answers everything. */
  next?: (() => unknown) | undefined;
}

/**
 * Serves one request of a host app, WebSocket upgrades included, and ends the server when the host closes. Rejects where
 * the server fails before it has answered; the host then reports the error its own way.
 */
export async function serve(
  server: FetchServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: ServeOptions = {},
): Promise<void> {
  const target = options.url ?? incoming.url ?? "/";
  learnHost(server, incoming, options.originalUrl ?? target, target);
  if (options.next !== undefined && !server.handles(splitUrl(target).pathname)) {
    await options.next();
    return;
  }
  await respond(server, incoming, outgoing, options);
}

/** Answers a request or an upgrade, whatever its path. */
export async function respond(
  server: FetchServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options?: ToRequestOptions,
): Promise<void> {
  const request = toRequest(incoming, outgoing, options);
  if (isWebSocketUpgrade(incoming)) return upgrade(server, request, outgoing);
  await writeResponse(outgoing, await (server.answer?.(request) ?? server.fetch(request)));
}

async function upgrade(server: FetchServer, request: Request, outgoing: ServerResponse): Promise<void> {
  const outcome = await server.upgrade(request);
  if (outcome instanceof Response) return writeResponse(outgoing, outcome);
  const { req: incoming } = outgoing;
  const httpServer = httpServerOf(incoming);
  const taken = await takeOver(incoming, outgoing);
  if (taken === undefined || httpServer === undefined) incoming.destroy();
  else acceptSocket({ server, httpServer, incoming, upgrade: taken }, outcome);
}

function learnHost(
  server: FetchServer,
  incoming: IncomingMessage,
  originalUrl: string,
  target: string,
): void {
  const httpServer = httpServerOf(incoming);
  if (httpServer === undefined) return;
  endWithHost(httpServer, server);
  if (httpServer.listenerCount("upgrade") > 0)
    claimThroughApp(httpServer, server, basePathOf(originalUrl, target));
}

/** What a host has cut off the front: `/agents` where it made `/api/x` of `/agents/api/x`. */
function basePathOf(originalUrl: string, target: string): string {
  const original = splitUrl(originalUrl).pathname;
  const { pathname } = splitUrl(target);
  if (original.endsWith(pathname)) return original.slice(0, original.length - pathname.length);
  return pathname === "/" ? original : "";
}
