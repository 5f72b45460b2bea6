import { createServer, memoryStore, type ServerOptions } from "agent-server";
import { onTestFinished } from "vitest";

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  body: any;
}

/** Asks a server without a socket. */
export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** A whole server in memory, closed after the test. */
export function openServer(options: Partial<ServerOptions> = {}): Ask {
  const server = createServer({
    apiKeys: ["key"],
    store: memoryStore(),
    environment: {},
    browser: false,
    publicExtensions: { source: "/nowhere" },
    logger: "silent",
    ...options,
  });
  onTestFinished(() => server.close());
  return async (method, path, body, headers = {}) => {
    const response = await server.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { "X-Session-API-Key": "key", "content-type": "application/json", ...headers },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };
}
