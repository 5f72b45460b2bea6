import type { Server } from "node:http";
import type { FetchServer } from "../http/fetch-server.ts";
import { closeSockets } from "./sockets/web-sockets.ts";

/** How long a server outlives a host that came and went with a single request. */
const BRIEF_HOST_GRACE_MS = 10_000;

const lifetimes = new WeakMap<Server, HostLifetime>();
/** The hosts a server is open on: it ends with the last of them. */
const hostsOfServer = new WeakMap<FetchServer, Set<Server>>();

export interface EndOptions {
  /** The host was given to us by name: what it serves ends with it at once, however briefly it lived. */
  explicit?: boolean;
}

/** From now on, closing `httpServer` closes `server` and its sockets too. Called for every request: it must cost nothing. */
export function endWithHost(httpServer: Server, server: FetchServer, options?: EndOptions): void {
  let lifetime = lifetimes.get(httpServer);
  if (lifetime === undefined) {
    lifetime = new HostLifetime(httpServer);
    lifetimes.set(httpServer, lifetime);
  }
  lifetime.join(server, options);
}

/** What ends when an `http.Server` closes. There is no event before the last connection has left, so `close` is wrapped. */
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
    // Test clients such as supertest open and close a host around each request: the next one finds the server open.
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
