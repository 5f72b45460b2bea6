import type { IncomingMessage, ServerResponse } from "node:http";
import type { FetchServer } from "../http/fetch-server.ts";
import { serve } from "./serve.ts";

/** A request handler for `http.createServer`, sockets included: `createServer(toNodeHandler(server)).listen(8000)`. */
export function toNodeHandler(
  server: FetchServer,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    serve(server, incoming, outgoing).catch(() => fail(outgoing));
  };
}

/** What is left to say when the server itself has failed. */
export function fail(outgoing: ServerResponse): void {
  if (outgoing.headersSent) outgoing.destroy();
  else outgoing.writeHead(500).end();
}
