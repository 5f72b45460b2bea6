import { createServer, type ServerOptions } from "../../../../src/index.ts";
import { memoryStore } from "../../../../src/stores/memory.ts";

/** A server with requests to `/api/mcp` and the settings. */
export function openTrials(options: ServerOptions = {}) {
  const store = memoryStore();
  const server = createServer({ keyless: "loopback", store, logger: "silent", ...options });
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await server.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
    return { status: response.status, body: (await response.json()) as any };
  };
  return { ask, server, store, [Symbol.asyncDispose]: () => server.close() };
}
