import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FetchServer } from "../http/fetch-server.ts";
import { http } from "./http-module.ts";
import { fail } from "./node-handler.ts";
import { respond } from "./serve.ts";
import { isWebSocketUpgrade } from "./sockets/take-over.ts";
import { takeUpgrades } from "./sockets/upgrade.ts";
import { closeSockets } from "./sockets/web-sockets.ts";

const DEFAULT_PORT = 8000;
const DEFAULT_HOST = "127.0.0.1";

/** Limits on slow clients: time for the headers, for the whole request, and between two requests. */
const HEADERS_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** Time that unfinished answers get when the port closes. */
const CLOSE_GRACE_MS = 5_000;

/** The address to listen on. */
export interface ListenOptions {
  /** Port number; 0 takes any free port. Default: 8000. */
  port?: number;
  /** Host name or IP address. Default: 127.0.0.1. */
  host?: string;
}

/** An open port. */
export interface Listening {
  /** Base URL without a slash at its end. For wildcard hosts it names 127.0.0.1. */
  readonly url: string;
  /** The bound port, also if 0 was requested. */
  readonly port: number;
  /** The host that was requested. */
  readonly host: string;
  /** Ends each connection with its next answer, so that none is cut between two requests when the port closes. */
  drain(): void;
  /**
   * Closes the port and its sockets (1001). Unfinished answers get five seconds. The server itself stays open, so it
   * can listen again.
   */
  close(): Promise<void>;
}

/**
 * Serves a server on a new `http.Server`.
 *
 * @throws Error if the address cannot be bound. Its message says what to change.
 */
export async function listen(server: FetchServer, options: ListenOptions = {}): Promise<Listening> {
  const { port = DEFAULT_PORT, host = DEFAULT_HOST } = options;
  let isDraining = false;
  const httpServer = http.createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Offers of other protocols are ignored. Node before 24.9 lacks this option.
      shouldUpgradeCallback: isWebSocketUpgrade,
    },
    (incoming, outgoing) => {
      if (isDraining) outgoing.shouldKeepAlive = false;
      respond(server, incoming, outgoing).catch(() => fail(outgoing));
    },
  );
  takeUpgrades(httpServer, server, { exclusive: true });
  await bind(httpServer, port, host);
  const { port: bound } = httpServer.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${urlHost(host)}:${bound}`,
    port: bound,
    host,
    drain() {
      isDraining = true;
    },
    close() {
      isDraining = true;
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
    EADDRINUSE: `Port ${port} on ${host} is in use. Choose another with --port (or \`port\`).`,
    EACCES: `Port ${port} on ${host} needs privileges this process does not have. Choose one above 1023 with --port (or \`port\`).`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose another with --host (or \`host\`).`,
    ENOTFOUND: `The host name ${host} is unknown. Choose another with --host (or \`host\`).`,
  };
  return new Error(reasons[error.code ?? ""] ?? `Cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}

/** Returns the host as a URL names it. A wildcard address cannot be visited, so it becomes 127.0.0.1. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

async function close(httpServer: Server, server: FetchServer): Promise<void> {
  const closed = new Promise((resolve) => httpServer.close(resolve));
  await closeSockets(server, httpServer);
  // Keep-alive connections become idle one by one, as their answers finish.
  const sweep = setInterval(() => httpServer.closeIdleConnections(), 50);
  const cut = setTimeout(() => httpServer.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
