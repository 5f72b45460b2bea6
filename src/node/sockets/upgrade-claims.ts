import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { FetchServer } from "../../http/fetch-server.ts";
import { belowPrefix, splitUrl } from "../../http/request-path.ts";
import { announcesNoBody } from "../node-request.ts";
import { refuse } from "../refuse.ts";
import { isAnswering, isWebSocketUpgrade, passThroughApp, type Upgrade } from "./take-over.ts";

/** One server's claim on the upgrade requests of an `http.Server`. */
export interface UpgradeClaim {
  /** Empty, or a path without a slash at its end. */
  basePath: string;
  server: FetchServer;
  /** The `http.Server` serves nothing else, so that every path below `basePath` is claimed. */
  exclusive?: boolean;
  take(incoming: IncomingMessage, upgrade: Upgrade): void;
}

/** Maximum number of mount paths observed in requests. A mount path with parameters has many values. */
const MAX_OBSERVED_CLAIMS = 64;

const claimsOf = new WeakMap<Server, UpgradeClaims>();

/** Claims upgrade requests. Returns a function that releases the claim. */
export function claimUpgrades(httpServer: Server, claim: UpgradeClaim): () => void {
  return claimsOn(httpServer).add(claim);
}

/**
 * Claims upgrades and sends them through the host's app, so that the host's checks apply to sockets too. Needed only if
 * the `http.Server` has other 'upgrade' listeners: without them, Node sends upgrades through the app by itself.
 */
export function claimThroughApp(httpServer: Server, server: FetchServer, basePath: string): void {
  const claims = claimsOn(httpServer);
  if (claims.size >= MAX_OBSERVED_CLAIMS || claims.has(server, basePath)) return;
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
 * The claims on one `http.Server`. A claimed upgrade must not reach other 'upgrade' listeners, because a `ws` server
 * with a `path` answers 400 to all other paths. The event is therefore intercepted in `emit`.
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
    // Node emits 'upgrade' only if it has a listener.
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
      if (below === undefined || !(claim.exclusive || handlesSocket(claim, below))) continue;
      if (isAnswering(connection)) connection.destroy();
      else claim.take(incoming, { connection, head });
      return true;
    }
    return false;
  }

  readonly #onUnclaimed = (incoming: IncomingMessage, connection: Duplex, head: Buffer) => {
    if (this.#httpServer.listenerCount("upgrade") > 1) return;
    if (isAnswering(connection)) {
      connection.destroy();
      return;
    }
    // Clients that offer HTTP/2 (`Upgrade: h2c`) expect an ordinary answer, as they get without 'upgrade' listeners.
    if (!isWebSocketUpgrade(incoming) && announcesNoBody(incoming)) {
      return passThroughApp(this.#httpServer, incoming, { connection, head });
    }
    connection.on("error", () => connection.destroy());
    void refuse(connection, new Response(null, { status: 403 }));
  };
}

function handlesSocket({ server, basePath }: UpgradeClaim, pathname: string): boolean {
  return server.handlesSocket?.(pathname, basePath) ?? server.handles(pathname, basePath);
}
