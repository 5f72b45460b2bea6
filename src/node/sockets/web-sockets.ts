import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { WebSocket, WebSocketServer } from "ws";
import type { FetchServer } from "../../http/fetch-server.ts";
import type { Connect } from "../../http/socket.ts";
import { toSocket } from "./socket.ts";
import type { Upgrade } from "./take-over.ts";
import { SharedFrame } from "./text-frame.ts";

/** Maximum size of a received message. It is the reference's limit; messages carry images as data URLs. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const MAX_FRAGMENTS = 1024;
const MAX_BUFFERED_CHUNKS = 16 * 1024;

const PING_INTERVAL_MS = 25_000;

/** Time for a peer to answer a close frame before its connection is destroyed. */
const CLOSE_GRACE_MS = 2_000;
/** The state of a socket whose end is known on both sides. */
const CLOSED = 3;
const GOING_AWAY = 1001;
/** Tells clients to connect again, which may lead to another server. */
const SERVICE_RESTART = 1012;

/** Completes handshakes. Its module, and the parts of Node that it needs, are loaded with the first upgrade. */
export type Handshakes = Pick<WebSocketServer, "handleUpgrade">;

let loading: Promise<Handshakes> | undefined;

/** Gets ready for handshakes. The first call takes some milliseconds, which a decision about the upgrade may use. */
export function loadHandshakes(): Promise<Handshakes> {
  loading ??= loadWebSockets().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function loadWebSockets(): Promise<Handshakes> {
  const { WebSocketServer } = await import("ws");
  return new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
  });
}

const openSockets = new WeakMap<FetchServer, OpenSockets>();

export interface Accepted {
  server: FetchServer;
  httpServer: Server;
  incoming: IncomingMessage;
  upgrade: Upgrade;
  handshakes: Handshakes;
}

/** Completes the handshake and passes the socket to `connect`. */
export function acceptSocket(
  { server, httpServer, incoming, upgrade, handshakes }: Accepted,
  connect: Connect,
): void {
  const { connection, head } = upgrade;
  handshakes.handleUpgrade(incoming, connection, head, (webSocket) => {
    let open = openSockets.get(server);
    if (open === undefined) {
      open = new OpenSockets();
      openSockets.set(server, open);
    }
    open.add(webSocket, httpServer);
    if (connect.maxFirstMessageBytes !== undefined) {
      terminateBeyond(connect.maxFirstMessageBytes, webSocket, connection);
    }
    connect(toSocket(webSocket, connection, open.frames));
  });
}

/**
 * Terminates a socket whose first message is larger than `maxBytes`. `ws` has one limit for all messages and buffers
 * incomplete ones, which is too much memory for clients that are not authenticated yet.
 */
function terminateBeyond(maxBytes: number, webSocket: WebSocket, connection: Duplex): void {
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    if (received > maxBytes) webSocket.terminate();
  };
  connection.on("data", count);
  webSocket.once("message", () => connection.off("data", count));
}

/** Closes a server's sockets with 1001: all of them, or only those of one `http.Server`. */
export async function closeSockets(server: FetchServer, httpServer?: Server): Promise<void> {
  await openSockets.get(server)?.close(httpServer);
}

/** Closes a server's sockets with 1012, one after the other over some milliseconds, so that not all come back at once. */
export async function restartSockets(server: FetchServer, spread = 0): Promise<void> {
  await openSockets.get(server)?.restart(spread);
}

/** The open sockets of one server. A socket that has not answered the last ping by the next one is terminated. */
class OpenSockets {
  readonly frames = new SharedFrame();
  readonly #peers = new Map<WebSocket, { httpServer: Server; answered: boolean }>();
  #pinging: NodeJS.Timeout | undefined;

  add(webSocket: WebSocket, httpServer: Server): void {
    const peer = { httpServer, answered: true };
    this.#peers.set(webSocket, peer);
    webSocket.on("pong", () => {
      peer.answered = true;
    });
    // `ws` closes the socket after an error. Without a listener the error would end the process.
    webSocket.on("error", () => {});
    webSocket.once("close", () => this.#forget(webSocket));
    this.#pinging ??= setInterval(() => this.#ping(), PING_INTERVAL_MS).unref();
  }

  async close(httpServer?: Server): Promise<void> {
    const leaving = [...this.#peers]
      .filter(([, peer]) => httpServer === undefined || peer.httpServer === httpServer)
      .map(([webSocket]) => webSocket);
    await Promise.all(leaving.map((webSocket) => closeSocket(webSocket, GOING_AWAY)));
  }

  async restart(spread: number): Promise<void> {
    const leaving = [...this.#peers.keys()];
    const closings = leaving.map(async (webSocket, index) => {
      await sleep((spread * index) / leaving.length, undefined, { ref: false });
      await closeSocket(webSocket, SERVICE_RESTART);
    });
    await Promise.all(closings);
  }

  #forget(webSocket: WebSocket): void {
    this.#peers.delete(webSocket);
    if (this.#peers.size > 0) return;
    clearInterval(this.#pinging);
    this.#pinging = undefined;
  }

  #ping(): void {
    for (const [webSocket, peer] of this.#peers) {
      if (!peer.answered) {
        webSocket.terminate();
        continue;
      }
      peer.answered = false;
      webSocket.ping();
    }
  }
}

function closeSocket(webSocket: WebSocket, code: number): Promise<void> {
  if (webSocket.readyState === CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    const grace = setTimeout(() => webSocket.terminate(), CLOSE_GRACE_MS);
    webSocket.once("close", () => {
      clearTimeout(grace);
      resolve();
    });
    webSocket.close(code);
  });
}
