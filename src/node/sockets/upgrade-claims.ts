import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { FetchServer } from "../../http/fetch-server.ts";
import { belowPrefix, splitUrl } from "../../http/request-path.ts";
import { announcesNoBody } from "../node-request.ts";
import { refuse } from "../refuse.ts";
import { isWebSocketUpgrade, passThroughApp, type Upgrade } from "./take-over.ts";

/** Somebody's share of the upgrades of one `http.Server`. */
export interface UpgradeClaim {
  /** Normalised: empty, or a path without a slash at its end. */
  basePath: string;
  server: FetchServer;
  take(incoming: IncomingMessage, upgrade: Upgrade): void;
}

/** Bounds the mount paths learned from requests: a path with parameters is many. */
const MAX_LEARNED_CLAIMS = 64;

const claimsOf = new WeakMap<Server, UpgradeClaims>();

/** Returns what lets go of them. */
export function claimUpgrades(httpServer: Server, claim: UpgradeClaim): () => void {
  return claimsOn(httpServer).add(claim);
}

/**
 * Upgrades reach a host's app, and us in it, only while nobody listens for them. Where somebody does, ours are claimed
 * and sent through the app all the same, so that what the host checks before us is checked for sockets too.
 */
export function claimThroughApp(httpServer: Server, server: FetchServer, basePath: string): void {
  const claims = claimsOn(httpServer);
  if (claims.size >= MAX_LEARNED_CLAIMS || claims.has(server, basePath)) return;
  claims.add({
    basePath,
    server,
    take: (incoming, upgrade) => passThroughApp(httpServer, incoming, upgrade),
  });
}

function claimsOn(httpServer: Server): UpgradeClaims {
  let claims = claimsOf.get(httpServer);
  if (claims === undefined) {
    claims = new UpgradeClaims(httpServer);
    claimsOf.set(httpServer, claims);
  }
  return claims;
}

/**
 * Gives claimed upgrades to their claim and to nobody else: other listeners of 'upgrade', such as a `ws` server with a
 * path of its own, answer 400 on every path they do not know. So 'upgrade' is caught where it is emitted.
 */
class UpgradeClaims {
  readonly #httpServer: Server;
  readonly #claims = new Set<UpgradeClaim>();

  constructor(httpServer: Server) {
    this.#httpServer = httpServer;
    const emit = httpServer.emit;
    const claim = this.#claim.bind(this);
    httpServer.emit = function (this: Server, event: string | symbol, ...args: unknown[]): boolean {
      if (event === "upgrade" && claim(...(args as [IncomingMessage, Duplex, Buffer]))) return true;
      return Reflect.apply(emit, this, [event, ...args]);
    } as Server["emit"];
  }

  get size(): number {
    return this.#claims.size;
  }

  has(server: FetchServer, basePath: string): boolean {
    return [...this.#claims].some((claim) => claim.server === server && claim.basePath === basePath);
  }

  add(claim: UpgradeClaim): () => void {
    // Node emits 'upgrade' only where somebody listens.
    if (this.#claims.size === 0) this.#httpServer.on("upgrade", this.#onUnclaimed);
    this.#claims.add(claim);
    return () => {
      this.#claims.delete(claim);
      if (this.#claims.size === 0) this.#httpServer.off("upgrade", this.#onUnclaimed);
    };
  }

  #claim(incoming: IncomingMessage, connection: Duplex, head: Buffer): boolean {
    if (!isWebSocketUpgrade(incoming)) return false;
    const { pathname } = splitUrl(incoming.url ?? "/");
    for (const claim of this.#claims) {
      const below = belowPrefix(pathname, claim.basePath);
      if (below === undefined || !handlesSocket(claim.server, below)) continue;
      claim.take(incoming, { connection, head });
      return true;
    }
    return false;
  }

  readonly #onUnclaimed = (incoming: IncomingMessage, connection: Duplex, head: Buffer) => {
    if (this.#httpServer.listenerCount("upgrade") > 1) return;
    // Clients that offer HTTP/2 (`Upgrade: h2c`) want an ordinary answer, which they get where nobody listens.
    if (!isWebSocketUpgrade(incoming) && announcesNoBody(incoming)) {
      return passThroughApp(this.#httpServer, incoming, { connection, head });
    }
    connection.on("error", () => connection.destroy());
    void refuse(connection, new Response(null, { status: 403 }));
  };
}

function handlesSocket(server: FetchServer, pathname: string): boolean {
  return server.handlesSocket?.(pathname) ?? server.handles(pathname);
}
