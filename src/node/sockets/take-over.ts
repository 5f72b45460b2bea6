import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";

export interface Upgrade {
  connection: Duplex;
  /** Bytes of the new protocol that came with the request. */
  head: Buffer;
}

/** Upgrades that Node has detached already and that are on their way through the host's app. */
const detached = new WeakMap<IncomingMessage, Upgrade>();

/** The server a request came through; undefined for requests that were made up, as test injectors do. */
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
 * Takes the connection of an upgrade out of Node's HTTP machinery, from within an ordinary request handler.
 *
 * Node asks once, when it has the headers, whether anybody listens for 'upgrade'. Nobody does where we are mounted as
 * middleware, so the request goes through the host's app: its checks run, its mount paths are stripped, and we are
 * reached late. From here the only way to detach the parser, its listeners and its timeouts is Node's own code, which
 * runs after each chunk the parser has seen if the request is marked as an upgrade. So we mark it, listen for the
 * moment, and hand the parser an empty chunk. A client sends nothing before it has our 101, so no byte is missed.
 *
 * Undefined: the client has left, its connection is busy with an earlier answer, or this Node works differently.
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

/** Sends an upgrade that Node has detached through the host's app, as Node would if nobody listened for upgrades. */
export function passThroughApp(server: Server, incoming: IncomingMessage, upgrade: Upgrade): void {
  const outgoing = new ServerResponse(incoming);
  detached.set(incoming, upgrade);
  outgoing.shouldKeepAlive = false;
  outgoing.assignSocket(incoming.socket);
  outgoing.once("finish", () => incoming.socket.end());
  server.emit("request", incoming, outgoing);
}
