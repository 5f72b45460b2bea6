import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FetchServer } from "../http/fetch-server.ts";
import { fail } from "./node-handler.ts";
import { respond } from "./serve.ts";
import { isWebSocketUpgrade } from "./sockets/take-over.ts";
import { takeUpgrades } from "./sockets/upgrade.ts";
import { closeSockets } from "./sockets/web-sockets.ts";

const DEFAULT_PORT = 8000;
const DEFAULT_HOST = "127.0.0.1";

/** Clients that dawdle: over their headers, over their body, and between two requests. */
const HEADERS_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** How long answers that are on their way may take once we are closing. */
const CLOSE_GRACE_MS = 5_000;

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes any free port. Default: 8000. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
}

/** A port that is open. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  readonly host: string;
  /** Accepts nothing more, closes the sockets (1001), lets answers finish, ends the connections. The server stays open. */
  close(): Promise<void>;
}

/** Serves on an `http.Server` of its own. Rejects when the address cannot be had, saying what to do about it. */
export async function listen(server: FetchServer, options: ListenOptions = {}): Promise<Listening> {
  const { port = DEFAULT_PORT, host = DEFAULT_HOST } = options;
  const httpServer = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Other upgrades are answered as if they had not been offered. Node before 24.9 does not ask.
      shouldUpgradeCallback: isWebSocketUpgrade,
    },
    (incoming, outgoing) => {
      respond(server, incoming, outgoing).catch(() => fail(outgoing));
    },
  );
  takeUpgrades(httpServer, server);
  await bind(httpServer, port, host);
  const { port: bound } = httpServer.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${urlHost(host)}:${bound}`,
    port: bound,
    host,
    close() {
      closed ??= close(httpServer, server);
      return closed;
    },
  };
}

function bind(httpServer: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    httpServer.on("error", (error: NodeJS.ErrnoException) => reject(explain(error, port, host)));
    httpServer.listen(port, host, resolve);
  });
}

function explain(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is taken. Choose another with --port (or \`port\`).`,
    EACCES: `Port ${port} on ${host} needs rights this process does not have. Choose one above 1023 with --port (or \`port\`).`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose another with --host (or \`host\`).`,
    ENOTFOUND: `The host name ${host} is unknown. Choose another with --host (or \`host\`).`,
  };
  return new Error(reasons[error.code ?? ""] ?? `Cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}

/** What to type into a browser: a wildcard is no address to go to. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

async function close(httpServer: Server, server: FetchServer): Promise<void> {
  const closed = new Promise((resolve) => httpServer.close(resolve));
  await closeSockets(server, httpServer);
  // Connections kept alive after an answer that was on its way become idle one by one.
  const sweep = setInterval(() => httpServer.closeIdleConnections(), 50);
  const cut = setTimeout(() => httpServer.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
