import { isObject } from "../../../is-object.ts";
import { mcpServerFields } from "../../agent/mcp-server.ts";
import { oauthState, withType } from "./mcp-oauth.ts";
import type { Payload } from "./migrate.ts";

const LINEAR_SSE = "https://mcp.linear.app/sse";
const LINEAR_HTTP = "https://mcp.linear.app/mcp";

/**
 * Reads MCP servers as older settings wrote them: below `mcpServers`, with a `type`, and with credentials in several
 * fields. Returns servers by name, with credentials in `auth`.
 */
export function migrateMcpServers(config: Payload): Payload {
  const wrapped = config.mcpServers;
  if (!isObject(wrapped)) return mapServers(config, migrateServer);
  const servers = mapServers(wrapped, (server) => ofKnownFields(migrateServer(server)));
  return withoutLinearSse(servers);
}

function mapServers(servers: Payload, map: (server: Payload) => Payload): Payload {
  return Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [name, isObject(server) ? map(server) : server]),
  );
}

/** Only files of other programs have more fields, and those wrap the servers. */
function ofKnownFields(server: Payload): Payload {
  return Object.fromEntries(Object.entries(server).filter(([key]) => mcpServerFields().has(key)));
}

function migrateServer({ authentication, oauth_credentials, api_key, type, ...server }: Payload): Payload {
  const transport = type === "shttp" ? "http" : type;
  const named = "transport" in server || transport == null ? server : { ...server, transport };
  const { auth } = server;
  if (isObject(auth)) return { ...named, auth: migrateAuth(auth, { authentication, oauth_credentials }) };
  if (auth === "oauth") {
    const strategy = { strategy: "oauth2" };
    return { ...named, auth: migrateAuth(strategy, { authentication, oauth_credentials }) };
  }
  if (typeof auth === "string" && auth !== "") return { ...named, auth: { strategy: "bearer", value: auth } };
  if (typeof api_key === "string" && api_key !== "")
    return { ...named, auth: { strategy: "api_key", value: api_key } };
  return withAuthOfHeader(named);
}

interface LegacyCredentials {
  authentication?: unknown;
  oauth_credentials?: unknown;
}

function migrateAuth(auth: Payload, legacy: LegacyCredentials): Payload {
  if (auth.strategy !== "oauth2") return auth;
  const { credentials, ...rest } = auth;
  const authentication = rest.authentication ?? legacy.authentication;
  const state = oauthState(rest.state, credentials || legacy.oauth_credentials);
  return {
    ...rest,
    ...(authentication == null ? {} : { authentication: withType(authentication) }),
    ...(state === undefined ? {} : { state }),
  };
}

/** Credentials in a header of that name become credentials of the server. */
function withAuthOfHeader(server: Payload): Payload {
  if (!isObject(server.headers)) return server;
  const found = Object.entries(server.headers).find(
    ([name, value]) => name.toLowerCase() === "authorization" && typeof value === "string" && value !== "",
  );
  if (found === undefined) return server;
  const [name, value] = found;
  const { headers, ...rest } = server;
  const others = Object.entries(headers as Payload).filter(([other]) => other !== name);
  const auth = authOfHeader(name, String(value));
  return { ...rest, ...(others.length > 0 ? { headers: Object.fromEntries(others) } : {}), auth };
}

function authOfHeader(name: string, value: string): Payload {
  const [scheme = "", token] = splitOnce(value.trimStart());
  if (scheme.toLowerCase() === "bearer" && token) return { strategy: "bearer", value: token };
  return { strategy: "header", headers: { [name]: value } };
}

function splitOnce(text: string): [string, string] {
  const end = text.search(/\s/);
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end).trimStart()];
}

/** The service retired this address. One server at the new one is enough. */
function withoutLinearSse(servers: Payload): Payload {
  const kept: Payload = {};
  let moved: [string, Payload] | undefined;
  let hasHttp = Object.values(servers).some(isLinearHttp);
  for (const [name, server] of Object.entries(servers)) {
    if (!isObject(server) || !isLinearSse(server)) {
      kept[name] = server;
      continue;
    }
    const { transport: _transport, ...rest } = server;
    if (!hasHttp) moved = [/^sse(?:_\d+)?$/.test(name) ? "shttp" : name, { ...rest, url: LINEAR_HTTP }];
    hasHttp = true;
  }
  return moved === undefined ? kept : { ...kept, [freeName(moved[0], kept)]: moved[1] };
}

function isLinearSse({ url, transport }: Payload): boolean {
  return typeof url === "string" && transport === "sse" && bare(url.split("?", 1)[0] ?? "") === LINEAR_SSE;
}

function isLinearHttp(server: unknown): boolean {
  return isObject(server) && typeof server.url === "string" && bare(server.url) === LINEAR_HTTP;
}

function bare(url: string): string {
  return url.replace(/\/+$/, "");
}

function freeName(name: string, servers: Payload): string {
  if (!Object.hasOwn(servers, name)) return name;
  for (let index = 1; ; index += 1) {
    if (!Object.hasOwn(servers, `${name}_${index}`)) return `${name}_${index}`;
  }
}
