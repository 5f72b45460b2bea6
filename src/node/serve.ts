import type { IncomingMessage, ServerResponse } from "node:http";
import { isResponse } from "../http/answer.ts";
import type { FetchServer } from "../http/fetch-server.ts";
import { splitUrl } from "../http/request-path.ts";
import { connectionOf, type ToRequestOptions, toRequest, writeResponse } from "./convert.ts";
import { endWithHost } from "./host-lifetime.ts";
import { httpServerOf, isWebSocketUpgrade, takeOver } from "./sockets/take-over.ts";
import { claimThroughApp } from "./sockets/upgrade-claims.ts";
import { acceptSocket, loadHandshakes } from "./sockets/web-sockets.ts";

/** Facts about a request that only the host app knows. */
export interface ServeOptions extends ToRequestOptions {
  /** Path and query as the client sent them, with the path at which the host mounts the server. Default: `url`. */
  originalUrl?: string | undefined;
  /** Passes requests for other paths to the host's next handler. Default: the server answers them (404). */
  next?: (() => unknown) | undefined;
}

/**
 * Serves one request of a host app, WebSocket upgrades included. The server closes when the host's `http.Server` does.
 *
 * @throws Error if the server fails before it has answered, so that the host can report it.
 */
export async function serve(
  server: FetchServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: ServeOptions = {},
): Promise<void> {
  const target = options.url ?? incoming.url ?? "/";
  const mountPath = mountPathOf(options.originalUrl ?? target, target);
  observeHost(server, incoming, mountPath);
  if (options.next !== undefined && !server.handles(splitUrl(target).pathname, mountPath)) {
    await options.next();
    return;
  }
  await respond(server, incoming, outgoing, options);
}

/** Answers a request or an upgrade of any path. */
export async function respond(
  server: FetchServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options?: ToRequestOptions,
): Promise<void> {
  const request = toRequest(incoming, outgoing, options);
  if (isWebSocketUpgrade(incoming)) return upgrade(server, request, outgoing);
  const connection = connectionOf(incoming);
  const answer = server.answer?.(request, connection) ?? server.fetch(request, connection);
  await writeResponse(outgoing, await answer);
}

async function upgrade(server: FetchServer, request: Request, outgoing: ServerResponse): Promise<void> {
  const { req: incoming } = outgoing;
  const deciding = server.upgrade(request, connectionOf(incoming));
  const [outcome, handshakes] = await Promise.all([deciding, loadHandshakes()]);
  if (isResponse(outcome)) return writeResponse(outgoing, outcome);
  const httpServer = httpServerOf(incoming);
  const taken = await takeOver(incoming, outgoing);
  if (taken === undefined || httpServer === undefined) incoming.destroy();
  else acceptSocket({ server, httpServer, incoming, upgrade: taken, handshakes }, outcome);
}

/** Ties the server to the host's `http.Server`, which is known only from its requests. */
function observeHost(server: FetchServer, incoming: IncomingMessage, mountPath: string): void {
  const httpServer = httpServerOf(incoming);
  if (httpServer === undefined) return;
  endWithHost(httpServer, server);
  if (httpServer.listenerCount("upgrade") > 0) claimThroughApp(httpServer, server, mountPath);
}

/** Returns the mount path, such as `/agents` if the host shortened `/agents/api/x` to `/api/x`. */
function mountPathOf(originalUrl: string, target: string): string {
  const original = splitUrl(originalUrl).pathname;
  const { pathname } = splitUrl(target);
  if (original.endsWith(pathname)) return original.slice(0, original.length - pathname.length);
  return pathname === "/" ? original : "";
}
