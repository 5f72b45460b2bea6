import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Guard, guardedLookup, refusal } from "../allowed-addresses.ts";
import type { CompanyProxy } from "../company-proxy/company-proxy.ts";
import { openTunnel } from "../company-proxy/tunnel.ts";
import { HostNotes } from "./host-notes.ts";

export interface GuardedProxyOptions {
  /** Judges the addresses that names resolve to, when they are connected to. */
  allows: Guard;
  /** Judges hosts by name, before they are looked up. Default: any. */
  allowsHost?: (hostname: string) => boolean;
  /** The proxy through which this machine reaches others. Default: none. */
  upstream?: CompanyProxy | null;
}

/** Connections of one client at a time. */
const MAX_CONNECTIONS = 256;
/** Milliseconds until the other side has answered a connection. */
const CONNECT_LIMIT = 20_000;
/** Milliseconds without a byte in either direction. */
const IDLE_LIMIT = 5 * 60_000;

/** Headers between a client and its proxy, which go no further. */
const HOP_HEADERS = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);

/** The header of answers that are the proxy's own (RFC 9209). */
export const PROXY_STATUS = "proxy-status";

const REFUSED = "is an address that is not open here";

/**
 * A proxy on the loopback interface for one program that connects by itself, such as a browser. Every connection goes
 * through the guard, redirects, parts of pages and sockets too, and to the address that was judged: a name cannot
 * resolve to one address for the check and to another for the connection.
 */
export class GuardedProxy {
  readonly #options: GuardedProxyOptions;
  readonly #server: Server;
  readonly #failures = new HostNotes();
  readonly #sockets = new Set<Duplex>();

  /** Listens on a free port. */
  static async open(options: GuardedProxyOptions): Promise<GuardedProxy> {
    const proxy = new GuardedProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  private constructor(options: GuardedProxyOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => {
      this.#forward(incoming, outgoing).catch(() => outgoing.destroy());
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on("connect", (incoming, socket) => {
      this.#tunnel(incoming.url ?? "", socket).catch(() => socket.destroy());
    });
    this.#server.on("upgrade", (_incoming, socket) => socket.destroy());
    this.#server.on("connection", (socket) => this.#keep(socket));
  }

  /** The address for the client's settings. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The reason, in words after its name, for which the host could not be reached last; undefined when it was. */
  failureOf(hostname: string): string | undefined {
    return this.#failures.get(bare(hostname));
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = URL.parse(incoming.url ?? "");
    if (url === null || url.protocol !== "http:") {
      answer(outgoing, 400, "Only http is forwarded.\n");
      return;
    }
    const port = Number(url.port || 80);
    if (!(await this.#judge(url.hostname, port))) {
      answer(outgoing, 403, `${url.hostname} ${REFUSED}.\n`);
      return;
    }
    const connection = await this.#upstreamTo(url, port).catch((error: Error) => {
      this.#fail(outgoing, url.hostname, error);
      return undefined;
    });
    if (connection === undefined) return;
    const forwarded = request({
      ...{ host: bare(url.hostname), port, path: url.pathname + url.search, method: incoming.method },
      headers: withoutHops(incoming.headers),
      ...(connection === null
        ? { agent: false, lookup: guardedLookup(this.#options.allows) }
        : { createConnection: () => connection }),
      ...{ setHost: false, timeout: IDLE_LIMIT },
    });
    forwarded.on("socket", (socket) => this.#keep(socket));
    forwarded.on("timeout", () => forwarded.destroy());
    forwarded.on("response", (response) => {
      this.#failures.clear(bare(url.hostname));
      outgoing.writeHead(response.statusCode ?? 502, withoutHops(response.headers));
      response.on("error", () => outgoing.destroy());
      response.pipe(outgoing);
    });
    forwarded.on("error", (error) => this.#fail(outgoing, url.hostname, error));
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  }

  async #tunnel(authority: string, client: Duplex): Promise<void> {
    client.on("error", () => client.destroy());
    const target = URL.parse(`http://${authority}`);
    const port = Number(/:(\d{1,5})$/.exec(authority)?.[1] ?? 0);
    if (target === null || port === 0 || !(await this.#judge(target.hostname, port))) {
      end(client, 403);
      return;
    }
    const host = bare(target.hostname);
    // Web sockets without TLS are tunnelled, too: the port tells more of the scheme than the request does.
    const url = new URL(`${port === 80 ? "http" : "https"}://${authority}`);
    const connection = await this.#upstreamTo(url, port).catch((error: Error) => {
      this.#note(host, error);
      end(client, 502);
      return undefined;
    });
    if (connection === undefined) return;
    const lookup = guardedLookup(this.#options.allows);
    const server = connection ?? connect({ host, port, lookup, timeout: CONNECT_LIMIT });
    this.#keep(server);
    const begin = () => {
      this.#failures.clear(host);
      server.setTimeout(IDLE_LIMIT);
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      server.pipe(client).pipe(server);
    };
    if (connection === null) server.once("connect", begin);
    else begin();
    server.on("timeout", () => server.destroy());
    server.on("error", (error) => {
      this.#note(host, error);
      end(client, 502);
    });
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
  }

  /** A connection through the proxy of the machine; null for addresses that are connected to without one. */
  async #upstreamTo(url: URL, port: number): Promise<Socket | null> {
    const { allows, upstream } = this.#options;
    const proxy = upstream?.proxyFor(url) ?? null;
    return proxy && openTunnel({ proxy, target: { host: bare(url.hostname), port }, allows });
  }

  /** Judges what is known without a lookup. Literal addresses are connected to without one. */
  async #judge(hostname: string, port: number): Promise<boolean> {
    const host = bare(hostname);
    const { allows, allowsHost } = this.#options;
    const isSelf = port === this.#port && (host === "127.0.0.1" || host === "localhost");
    const allowed = !isSelf && allowsHost?.(host) !== false && (isIP(host) === 0 || (await allows(host)));
    if (!allowed) this.#failures.set(host, REFUSED);
    return allowed;
  }

  #fail(outgoing: ServerResponse, hostname: string, error: Error): void {
    const wasRefused = this.#note(hostname, error);
    if (outgoing.headersSent) outgoing.destroy();
    else answer(outgoing, wasRefused ? 403 : 502, `${hostname} ${this.failureOf(hostname)}.\n`);
  }

  /** True when the guard is the reason. */
  #note(hostname: string, error: NodeJS.ErrnoException): boolean {
    const host = bare(hostname);
    const wasRefused = error.message === refusal(host).message;
    this.#failures.set(host, wasRefused ? REFUSED : `cannot be reached (${error.code ?? error.message})`);
    return wasRefused;
  }

  #keep(socket: Duplex | Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }
}

function withoutHops(headers: IncomingMessage["headers"]): Record<string, string | string[]> {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_HEADERS.has(name) || named.includes(name) ? [] : [[name, value]],
    ),
  );
}

function answer(outgoing: ServerResponse, status: number, text: string): void {
  if (outgoing.headersSent || outgoing.destroyed) return;
  outgoing
    .writeHead(status, {
      "content-type": "text/plain; charset=utf-8",
      [PROXY_STATUS]: "agent-server; error=destination_unavailable",
      connection: "close",
    })
    .end(text);
}

function end(client: Duplex, status: 403 | 502): void {
  if (!client.destroyed) client.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\n\r\n`);
}

/** A host without the brackets of IPv6. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
