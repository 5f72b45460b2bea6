import type { Answer } from "./answer.ts";
import type { Connect } from "./socket.ts";

/** What a host needs to know of a server: all that `node/` and the adapters work against. */
export interface FetchServer {
  /** Whether a path is ours, sockets included; anything else passes on to the host. */
  handles(pathname: string): boolean;
  /** Whether a path is one of our sockets: other upgrades on the same `http.Server` are somebody else's. Default: `handles`. */
  handlesSocket?(pathname: string): boolean;
  fetch(request: Request): Promise<Response>;
  /** `fetch` one step earlier: a host that writes to the wire itself saves the making of a `Response`. */
  answer?(request: Request): Promise<Answer | Response>;
  /** A refusing Response, or a function that takes the accepted socket. */
  upgrade(request: Request): Promise<Response | Connect>;
  /** Ends runs, then sockets (1001), then the store. Calling it again gives the same promise. */
  close(): Promise<void>;
}
