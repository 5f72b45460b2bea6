import type { GuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { McpServer } from "../../wire/agent/mcp-server.ts";
import { authHeaders } from "./auth-headers.ts";
import { serverFetch } from "./server-fetch.ts";
import type { ServerTransport } from "./server-transport.ts";

/** The network, as far as servers at URLs are reached through it. */
export interface RemoteAccess {
  /** Requests to the address that a user has configured. */
  fetch: GuardedFetch;
}

/** Path that a server of the older protocol usually has. */
const SSE_PATH = /\/sse(\/|$)/;

/** Makes the way to a server at a URL. */
export async function remoteTransport(
  server: McpServer & { url: string },
  access: RemoteAccess,
): Promise<ServerTransport> {
  const url = toUrl(server.url);
  const { SSEClientTransport, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const options = {
    fetch: serverFetch(access.fetch),
    requestInit: { headers: { ...server.headers, ...authHeaders(server.auth) } },
  };
  const { transport = SSE_PATH.test(url.pathname) ? "sse" : "http" } = server;
  return transport === "sse"
    ? new SSEClientTransport(url, options)
    : new StreamableHTTPClientTransport(url, options);
}

function toUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new Error("its URL is not one of http or https");
}
