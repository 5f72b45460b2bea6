import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { http } from "../http-module.ts";

/** A connection that has left Node's HTTP server. */
export interface Upgrade {
  connection: Duplex;
  /** Bytes of the new protocol that arrived with the request. */
  head: Buffer;
}

/** Upgrades that Node has already detached and that `passThroughApp` sends through the host's app. */
const detached = new WeakMap<IncomingMessage, Upgrade>();

/** Returns the server of a request. Requests that a test injector creates have none. */
export function httpServerOf(incoming: IncomingMessage): Server | undefined {
  const { server } = incoming.socket as { server?: Server };
  return typeof server?.listenerCount === "function" ? server : undefined;
}

export function isWebSocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    /\bupgrade\b/i.test(headers.connection ?? "")
  );
}

/**
 * Takes the connection of an upgrade out of Node's HTTP server, from within an ordinary request handler.
 *
 * Node checks for 'upgrade' listeners once, when it has the headers. Middleware registers none, so the request passes
 * through the host's app first: its checks run and it strips its mount path. By then only Node's own code can detach
 * the parser, its listeners and its timeouts. That code runs after each parsed chunk if the request is marked as an
 * upgrade. This function marks the request, listens for 'upgrade' and hands the parser an empty chunk. The client
 * sends nothing before it has the 101, so no byte is lost.
 *
 * Resolves to undefined if the client has disconnected, if an earlier answer still uses the connection, or if this
 * version of Node works differently.
 */
export async function takeOver(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Upgrade | undefined> {
  const connection = incoming.socket;
  const server = httpServerOf(incoming);
  // The parser may still be on the stack of a handler that was reached without waiting.
  await setImmediate();
  const free = server !== undefined && outgoing.socket === connection && !outgoing.headersSent;
  if (!free || connection.destroyed || !incoming.complete) return undefined;

  outgoing.detachSocket(connection);
  let upgrade = detached.get(incoming);
  if (upgrade !== undefined) return upgrade;

  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (request === incoming) upgrade = { connection: stream, head };
  };
  Object.assign(incoming, { upgrade: true });
  server.on("upgrade", onUpgrade);
  try {
    connection.emit("data", Buffer.alloc(0));
  } finally {
    server.off("upgrade", onUpgrade);
  }
  return upgrade;
}

/**
 * True while the answer to an earlier request of the connection is unfinished: a client that pipelines may send an
 * upgrade behind it, and the answer would be written into the socket. Node has no public name for that answer.
 */
export function isAnswering(connection: Duplex): boolean {
  return "_httpMessage" in connection && connection._httpMessage instanceof http.ServerResponse;
}

/** Sends a detached upgrade through the host's app as an ordinary request, as Node does without 'upgrade' listeners. */
export function passThroughApp(server: Server, incoming: IncomingMessage, upgrade: Upgrade): void {
  const outgoing = new http.ServerResponse(incoming);
  detached.set(incoming, upgrade);
  outgoing.shouldKeepAlive = false;
  outgoing.assignSocket(incoming.socket);
  outgoing.once("finish", () => incoming.socket.end());
  server.emit("request", incoming, outgoing);
}
