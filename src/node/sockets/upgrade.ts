import type { IncomingMessage, Server } from "node:http";
import type { FetchServer } from "../../http/fetch-server.ts";
import { normalizePrefix } from "../../http/request-path.ts";
import type { Connect } from "../../http/socket.ts";
import { toRequest } from "../convert.ts";
import { endWithHost } from "../host-lifetime.ts";
import { refuse } from "../refuse.ts";
import { claimUpgrades } from "./upgrade-claims.ts";
import { acceptSocket } from "./web-sockets.ts";

/** Which sockets of an `http.Server` are ours. */
export interface AttachOptions {
  /** Path below which our sockets are reached, such as `/agents`. */
  basePath?: string;
}

/** How long an upgrade may wait for the server to accept or refuse it. */
const DECISION_TIMEOUT_MS = 10_000;

/**
 * Answers the WebSocket upgrades of an `http.Server` that are ours, past the host's own request handling. Other
 * upgrades are left to whoever else listens for them, and refused where nobody does. Returns what undoes it.
 */
export function attachWebSockets(
  httpServer: Server,
  server: FetchServer,
  options: AttachOptions = {},
): () => void {
  endWithHost(httpServer, server, { explicit: true });
  return takeUpgrades(httpServer, server, options);
}

/** The same, without ending the server when `httpServer` closes. */
export function takeUpgrades(
  httpServer: Server,
  server: FetchServer,
  options: AttachOptions = {},
): () => void {
  const basePath = normalizePrefix(options.basePath);
  return claimUpgrades(httpServer, {
    basePath,
    server,
    async take(incoming, upgrade) {
      const { connection } = upgrade;
      const fail = () => connection.destroy();
      const timeout = setTimeout(fail, DECISION_TIMEOUT_MS);
      connection.on("error", fail);
      const outcome = await decide(server, incoming, basePath);
      clearTimeout(timeout);
      if (connection.destroyed) return;
      if (outcome instanceof Response) return refuse(connection, outcome);
      connection.off("error", fail);
      acceptSocket({ server, httpServer, incoming, upgrade }, outcome);
    },
  });
}

async function decide(
  server: FetchServer,
  incoming: IncomingMessage,
  basePath: string,
): Promise<Response | Connect> {
  try {
    const url = (incoming.url ?? "/").slice(basePath.length);
    return await server.upgrade(toRequest(incoming, undefined, { url }));
  } catch {
    return new Response(null, { status: 500 });
  }
}
