import type { Server } from "node:http";
import type { OpenBrowserReturn } from "../../mcp/probe/oauth-job.ts";

const PATH = "/callback";

const DONE = "<!doctype html><title>Authorized</title><p>You can close this window.";
const WRONG =
  "<!doctype html><title>Not authorized</title><p>This address belongs to no authorization that waits.";

/** Listens on the loopback interface for the browser of a user who comes back from an authorization server. */
export const openBrowserReturn: OpenBrowserReturn = async ({ port, take }) => {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const isTaken = request.method === "GET" && url.pathname === PATH && take(url);
    response.writeHead(isTaken ? 200 : 400, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'",
      connection: "close",
    });
    response.end(isTaken ? DONE : WRONG);
  });
  const bound = await listen(server, port ?? 0).catch(() => listen(server, 0));
  server.unref();
  return {
    url: `http://localhost:${bound}${PATH}`,
    async close() {
      server.closeIdleConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      });
    },
  };
};

function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", () => {
    server.off("error", reject);
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : port);
  });
  return promise;
}
