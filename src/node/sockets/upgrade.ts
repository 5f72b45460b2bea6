import type { IncomingMessage, Server } from "node:http";
import { isResponse } from "../../http/answer.ts";
import type { FetchServer } from "../../http/fetch-server.ts";
import { normalizePrefix } from "../../http/request-path.ts";
import type { Connect } from "../../http/socket.ts";
import { connectionOf, toRequest } from "../convert.ts";
import { endWithHost } from "../host-lifetime.ts";
import { refuse } from "../refuse.ts";
import { claimUpgrades, type UpgradeClaim } from "./upgrade-claims.ts";
import { acceptSocket, loadHandshakes } from "./web-sockets.ts";

/** The sockets of an `http.Server` that belong to a server. */
export interface AttachOptions {
  /** Path below which the server's sockets are reached, such as `/agents`. Default: the root. */
  basePath?: string;
}

/** Time for the server to accept or refuse an upgrade. */
const DECISION_TIMEOUT_MS = 10_000;

/**
 * Serves WebSocket upgrades of an `http.Server` without the host's request handlers. Other upgrades go to other
 * 'upgrade' listeners, or are refused with 403 if there are none. Returns a function that detaches the listener.
 */
export function attachWebSockets(
  httpServer: Server,
  server: FetchServer,
  options: AttachOptions = {},
): () => void {
  endWithHost(httpServer, server, { explicit: true });
  return takeUpgrades(httpServer, server, options);
}

/** Like `attachWebSockets`, but `server` stays open when `httpServer` closes. */
export function takeUpgrades(
  httpServer: Server,
  server: FetchServer,
  options: AttachOptions & Pick<UpgradeClaim, "exclusive"> = {},
): () => void {
  const basePath = normalizePrefix(options.basePath);
  return claimUpgrades(httpServer, {
    basePath,
    server,
    exclusive: options.exclusive,
    async take(incoming, upgrade) {
      const { connection } = upgrade;
      const fail = () => void connection.destroy();
      const timeout = setTimeout(fail, DECISION_TIMEOUT_MS);
      connection.on("error", fail);
      const ready = Promise.all([decide(server, incoming, basePath), loadHandshakes()]);
      const prepared = await ready.catch(() => null);
      clearTimeout(timeout);
      if (prepared === null) return fail();
      const [outcome, handshakes] = prepared;
      if (connection.destroyed) return;
      if (isResponse(outcome)) return refuse(connection, outcome);
      connection.off("error", fail);
      acceptSocket({ server, httpServer, incoming, upgrade, handshakes }, outcome);
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
    return await server.upgrade(toRequest(incoming, undefined, { url }), connectionOf(incoming));
  } catch {
    return new Response(null, { status: 500 });
  }
}
