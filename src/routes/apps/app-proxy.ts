import type { Socket } from "../../http/socket.ts";

/** A request to a back end. */
export interface AppRequest {
  port: number;
  method: string;
  /** Path and query. */
  target: string;
  headers: [name: string, value: string][];
  body: ReadableStream<Uint8Array> | null;
  signal: AbortSignal;
}

/** Passes requests and sockets on to ports of the loopback interface. */
export interface AppProxy {
  /** Resolves to the answer as it comes; redirects are not followed. Rejects where nothing answers. */
  request(request: AppRequest): Promise<Response>;
  /** Opens a socket, which is not read before it has a listener. Rejects where it is refused. */
  socket(request: { port: number; target: string; protocol: string | undefined }): Promise<Socket>;
}
