import { type Answer, type Asked, httpServer, mcpAnswer } from "./http-server.ts";

export interface OAuthServerOptions {
  /** Ways of clients to prove who they are, as the metadata list them. */
  methods?: string[];
  /** Seconds that an access token lasts. */
  lifetime?: number;
  /** Changes the metadata of the authorization server. */
  metadata?(metadata: Record<string, unknown>): Record<string, unknown>;
}

/** An MCP server behind OAuth, with its authorization server at the same address. Users agree to everything. */
export async function oauthServer({
  methods = ["none"],
  lifetime = 3600,
  metadata = (m) => m,
}: OAuthServerOptions = {}) {
  const codes = new Map<string, string>();
  const clients: Record<string, unknown>[] = [];
  const valid = new Set<string>();
  const refreshable = new Set<string>();
  let count = 0;
  const issue = (): Answer => {
    count += 1;
    valid.clear();
    refreshable.clear();
    valid.add(`access-token-${count}`);
    refreshable.add(`refresh-token-${count}`);
    return {
      json: {
        access_token: `access-token-${count}`,
        refresh_token: `refresh-token-${count}`,
        token_type: "Bearer",
        expires_in: lifetime,
      },
    };
  };
  const server = await httpServer((asked: Asked): Answer => {
    const url = new URL(asked.path, server.url);
    switch (url.pathname) {
      case "/.well-known/oauth-protected-resource":
      case "/.well-known/oauth-protected-resource/mcp":
        return { json: { resource: `${server.url}/mcp`, authorization_servers: [server.url] } };
      case "/.well-known/oauth-authorization-server":
        return {
          json: metadata({
            issuer: server.url,
            authorization_endpoint: `${server.url}/authorize`,
            token_endpoint: `${server.url}/oauth/token`,
            registration_endpoint: `${server.url}/register`,
            response_types_supported: ["code"],
            code_challenge_methods_supported: ["S256"],
            token_endpoint_auth_methods_supported: methods,
          }),
        };
      case "/register": {
        const client = { ...JSON.parse(asked.body), client_id: `client-${clients.length + 1}` };
        if (client.token_endpoint_auth_method !== "none") client.client_secret = "the-client-secret";
        clients.push(client);
        return { status: 201, json: client };
      }
      case "/authorize": {
        const code = `code-${codes.size + 1}`;
        codes.set(code, url.searchParams.get("code_challenge") ?? "");
        const back = new URL(url.searchParams.get("redirect_uri") ?? "");
        back.searchParams.set("code", code);
        back.searchParams.set("state", url.searchParams.get("state") ?? "");
        return { status: 302, headers: { location: back.href } };
      }
      case "/oauth/token": {
        const form = new URLSearchParams(asked.body);
        const isCode = form.get("grant_type") === "authorization_code" && codes.has(form.get("code") ?? "");
        const isRefresh =
          form.get("grant_type") === "refresh_token" && refreshable.has(form.get("refresh_token") ?? "");
        return isCode || isRefresh ? issue() : { status: 400, json: { error: "invalid_grant" } };
      }
      case "/mcp": {
        const token = asked.headers.authorization?.replace("Bearer ", "") ?? "";
        if (valid.has(token)) return mcpAnswer(asked);
        const hint = `Bearer resource_metadata="${server.url}/.well-known/oauth-protected-resource/mcp"`;
        return { status: 401, headers: { "www-authenticate": hint }, text: "who are you" };
      }
      default:
        return { status: 404 };
    }
  });
  return {
    ...server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    mcpUrl: `${server.url}/mcp`,
    clients,
    /** Makes the access token invalid, as time does. */
    expire: () => valid.clear(),
    /** Makes every token invalid. */
    revoke() {
      valid.clear();
      refreshable.clear();
    },
    /** Gives tokens without an authorization. */
    grant() {
      issue();
      return {
        access_token: `access-token-${count}`,
        refresh_token: `refresh-token-${count}`,
        token_type: "Bearer",
      };
    },
  };
}
