import type { IncomingMessage, ServerResponse } from "node:http";
import type { FetchServer } from "../http/fetch-server.ts";
import { serve } from "./serve.ts";

/**
 * Returns a request handler for `http.createServer`. WebSockets work without further code.
 *
 * @example
 * ```ts
 * http.createServer(toNodeHandler(server)).listen(8000);
 * ```
 */
export function toNodeHandler(
  server: FetchServer,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    serve(server, incoming, outgoing).catch(() => fail(outgoing));
  };
}

/** Answers 500, or breaks the connection if an answer has begun. */
export function fail(outgoing: ServerResponse): void {
  if (outgoing.headersSent) outgoing.destroy();
  else outgoing.writeHead(500).end();
}
