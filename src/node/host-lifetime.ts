import type { Server } from "node:http";
import type { FetchServer } from "../http/fetch-server.ts";
import { closeSockets } from "./sockets/web-sockets.ts";

/** Milliseconds that a server stays open after a host that served a single request. */
const BRIEF_HOST_GRACE_MS = 10_000;

const lifetimes = new WeakMap<Server, HostLifetime>();
/** The hosts of each server. A server closes with its last host. */
const hostsOfServer = new WeakMap<FetchServer, Set<Server>>();

export interface EndOptions {
  /** The host attached the server explicitly, so the server closes at once, without a grace period. Default: false. */
  explicit?: boolean;
}

/**
 * Closes `server` and its sockets when `httpServer` closes. Every request calls this, so repeated calls must cost
 * next to nothing.
 */
export function endWithHost(httpServer: Server, server: FetchServer, options?: EndOptions): void {
  let lifetime = lifetimes.get(httpServer);
  if (lifetime === undefined) {
    lifetime = new HostLifetime(httpServer);
    lifetimes.set(httpServer, lifetime);
  }
  lifetime.join(server, options);
}

/**
 * The servers that close with an `http.Server`. Its `close` is wrapped because the `close` event comes only after the
 * last connection has ended, and open sockets would delay that forever.
 */
class HostLifetime {
  readonly #httpServer: Server;
  readonly #servers = new Set<FetchServer>();
  #explicit = false;
  #uses = 0;

  constructor(httpServer: Server) {
    this.#httpServer = httpServer;
    const close = httpServer.close;
    httpServer.close = (callback) => {
      const ended = this.#end();
      return close.call(httpServer, callback && ((error) => void ended.then(() => callback(error))));
    };
  }

  join(server: FetchServer, { explicit = false }: EndOptions = {}): void {
    this.#uses += 1;
    if (explicit) this.#explicit = true;
    if (this.#servers.has(server)) return;
    this.#servers.add(server);
    const hosts = hostsOfServer.get(server) ?? new Set();
    hostsOfServer.set(server, hosts.add(this.#httpServer));
  }

  async #end(): Promise<void> {
    // Test clients such as supertest open and close a host for each request and expect the server to stay open.
    const brief = !this.#explicit && this.#uses <= 1;
    this.#uses = 0;
    const servers = [...this.#servers];
    this.#servers.clear();
    for (const server of servers) hostsOfServer.get(server)?.delete(this.#httpServer);
    if (brief) setTimeout(() => void closeUnused(servers), BRIEF_HOST_GRACE_MS).unref();
    else await closeUnused(servers);
    await Promise.all(servers.map((server) => closeSockets(server, this.#httpServer)));
  }
}

async function closeUnused(servers: readonly FetchServer[]): Promise<void> {
  const unused = servers.filter((server) => hostsOfServer.get(server)?.size === 0);
  await Promise.allSettled(unused.map((server) => server.close()));
}
