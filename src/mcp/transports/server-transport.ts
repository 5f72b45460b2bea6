import type { Transport } from "@modelcontextprotocol/client";

/** The way to a server, for one connection. */
export interface ServerTransport extends Transport {
  /** Why the connection has ended, as far as the transport knows. */
  readonly lastWords?: string;
  /** Ends the session at a server that has some. */
  terminateSession?(): Promise<void>;
}
