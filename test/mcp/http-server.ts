import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A request to the server. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Answers a request; undefined for one that is left without an answer. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
  | ((response: ServerResponse) => void)
  | undefined;

/** An HTTP server for tests, which remembers what it was asked. */
export async function httpServer(
  answer: (asked: Asked) => Answer,
): Promise<{ url: string; asked: Asked[] } & AsyncDisposable> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "GET", url: path = "/", headers } = request;
    const about = { method, path, headers, body };
    asked.push(about);
    const given = answer(about);
    if (given === undefined) return;
    if (typeof given === "function") return given(response);
    const {
      status = 200,
      headers: more = {},
      json,
      text = json === undefined ? "" : JSON.stringify(json),
    } = given;
    response.writeHead(status, { "content-type": "application/json", ...more }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * Answers the requests of MCP over HTTP, each with one JSON message: one tool, `whoami`, which tells the credentials.
 */
export function mcpAnswer({ method, body, headers }: Asked): Answer {
  if (method !== "POST") return { status: 405 };
  const { id, method: name, params } = JSON.parse(body);
  if (id === undefined) return { status: 202 };
  const say = (result: unknown): Answer => ({ json: { jsonrpc: "2.0", id, result } });
  switch (name) {
    case "initialize":
      return say({
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "tiny", version: "1" },
      });
    case "tools/list":
      return say({ tools: [{ name: "whoami", description: "Tells.", inputSchema: { type: "object" } }] });
    case "tools/call":
      return say({ content: [{ type: "text", text: `${headers.authorization} ${headers["x-key"] ?? ""}` }] });
    default:
      return { json: { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } } };
  }
}
