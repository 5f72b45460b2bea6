import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { NodeFeed } from "../../../src/cluster/feed/node-feed.ts";
import type { Socket } from "../../../src/http/socket.ts";
import type { Logger } from "../../../src/logger.ts";
import { toSocket } from "../../../src/node/sockets/socket.ts";
import { SharedFrame } from "../../../src/node/sockets/text-frame.ts";
import { openPeerSocket } from "../../../src/outbound/peers/peer-socket.ts";

const PROOF = "x-test-proof";

/** A server that hands sockets with a proof to `serve`, and refuses others. */
export interface SocketServer extends AsyncDisposable {
  readonly address: string;
  /** Ends every connection and the server, as a killed process does. */
  kill(): Promise<void>;
}

export async function socketServer(serve: (socket: Socket) => void, port = 0): Promise<SocketServer> {
  const frames = new SharedFrame();
  const handshakes = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer();
  server.on("upgrade", (incoming, connection, head) => {
    if (incoming.headers[PROOF] !== "member") {
      connection.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    handshakes.handleUpgrade(incoming, connection, head, (webSocket) => {
      webSocket.on("error", () => undefined);
      serve(toSocket(webSocket, connection, frames));
    });
  });
  await listen(server, port);
  const kill = async () => {
    for (const client of handshakes.clients) client.terminate();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const { port: bound } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${bound}`, kill, [Symbol.asyncDispose]: kill };
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}

/** The feed of one node, on a real port. */
export interface FeedNode extends SocketServer {
  readonly feed: NodeFeed;
  readonly warnings: object[];
}

/** Makes nodes that know each other. `addresses` is the list of the living, which a test may change. */
export async function feedNode(
  addresses: string[],
  { proof = "member", port = 0 }: { proof?: string; port?: number } = {},
): Promise<FeedNode> {
  const warnings: object[] = [];
  const log = () => {};
  const logger: Logger = { debug: log, info: log, error: log, warn: (fields) => warnings.push(fields) };
  const server = await socketServer((socket) => feed.serve(socket), port);
  const { address } = server;
  const feed: NodeFeed = new NodeFeed({
    peers: async () => addresses.filter((other) => other !== address),
    open: openPeerSocket,
    credentials: () => ({ [PROOF]: proof }),
    logger,
  });
  addresses.push(address);
  const kill = async () => {
    await feed.close();
    await server.kill();
  };
  return { address, feed, warnings, kill, [Symbol.asyncDispose]: kill };
}

/** A socket that a test drives by hand, as a node would. */
export async function handMadeLink(address: string): Promise<{ socket: WebSocket; texts: string[] }> {
  const socket = new WebSocket(`${address.replace("http", "ws")}/cluster/feed`, {
    headers: { [PROOF]: "member" },
  });
  const texts: string[] = [];
  socket.on("message", (data) => texts.push(String(data)));
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return { socket, texts };
}
