import type { Answer } from "./answer.ts";
import type { Connect } from "./socket.ts";

/** Facts about the connection of a request, which only the host knows. */
export interface ConnectionInfo {
  /**
   * IP address of the other end, as the host's own network interface gives it and never as a header does. Empty for a
   * connection without one, such as a Unix socket.
   */
  readonly peerAddress?: string | undefined;
}

/** The part of a server that a host needs. `node/` and the adapters use nothing else. */
export interface FetchServer {
  /**
   * True for a path of the server, sockets included; the host passes anything else on. `mountPath` is what the host has
   * cut off the front of `pathname`. Default: nothing, so that only paths below the server's `basePath` are its own.
   */
  handles(pathname: string, mountPath?: string): boolean;
  /** True for the path of a socket; other upgrades on the same `http.Server` belong to the host. Default: `handles`. */
  handlesSocket?(pathname: string, mountPath?: string): boolean;
  /** Answers a request of any path. Rejects only if the server itself fails. */
  fetch(request: Request, connection?: ConnectionInfo): Promise<Response>;
  /** `fetch` one step earlier: a host that writes to the wire itself saves the making of a `Response`. */
  answer?(request: Request, connection?: ConnectionInfo): Promise<Answer | Response>;
  /** Resolves to a refusing Response, or to the function that takes the accepted socket. */
  upgrade(request: Request, connection?: ConnectionInfo): Promise<Response | Connect>;
  /** Ends runs, then sockets (1001), then the store. Further calls return the first call's promise. */
  close(): Promise<void>;
}
