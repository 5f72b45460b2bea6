import type { McpServer } from "../../wire/agent/mcp-server.ts";
import { memoryState, type OAuthStateStore } from "../oauth/oauth-state.ts";
import { TokenSource } from "../oauth/token-source.ts";
import { authHeaders } from "./auth-headers.ts";
import type { RemoteAccess } from "./remote-access.ts";
import { serverFetch } from "./server-fetch.ts";
import type { ServerTransport } from "./server-transport.ts";

/** A server at a URL. */
export type RemoteServer = McpServer & { url: string };

/** Path that a server of the older protocol usually has. */
const SSE_PATH = /\/sse(\/|$)/;

/**
 * Makes the ways to a server at a URL. `state` is where its OAuth state is kept. Default: in the settings, else in
 * memory.
 */
export async function remoteTransports(
  server: RemoteServer,
  access: RemoteAccess,
  state?: OAuthStateStore,
): Promise<() => Promise<ServerTransport>> {
  const url = remoteUrl(server.url);
  const authProvider = await tokenSource(server, access, state);
  const options = {
    fetch: serverFetch(url, access),
    requestInit: { headers: { ...server.headers, ...authHeaders(server.auth) } },
    ...(authProvider === undefined ? {} : { authProvider }),
  };
  const { transport = SSE_PATH.test(url.pathname) ? "sse" : "http" } = server;
  return async () => {
    const { SSEClientTransport, StreamableHTTPClientTransport } = await import(
      "@modelcontextprotocol/client"
    );
    return transport === "sse"
      ? new SSEClientTransport(url, options)
      : new StreamableHTTPClientTransport(url, options);
  };
}

/** Reads the URL of a server. Throws for another protocol than http and https. */
export function remoteUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new Error("its URL is not one of http or https");
}

async function tokenSource(
  { url: text, auth }: RemoteServer,
  access: RemoteAccess,
  given: OAuthStateStore | undefined,
): Promise<TokenSource | undefined> {
  if (auth?.strategy !== "oauth2") return undefined;
  const url = remoteUrl(text);
  const store =
    given ??
    (await access.oauthState?.(url)) ??
    memoryState(auth.state, (state) => access.refreshed?.(text, state));
  const settings = auth.authentication ?? { type: "oauth" };
  return new TokenSource({ url, settings, store, fetch: serverFetch(url, access), now: access.now });
}
