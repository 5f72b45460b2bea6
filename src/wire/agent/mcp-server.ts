import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { once } from "../../once.ts";
import { isUnset } from "../secret-source.ts";

const text = z.string().optional();
const secret = z.string().optional();
const secrets = z.record(z.string(), z.string()).optional();

const oauthAuthentication = z
  .strictObject({
    type: z.literal("oauth"),
    client_auth_method: z
      .enum(["none", "client_secret_post", "client_secret_basic", "private_key_jwt"])
      .optional(),
    scopes: z.union([z.string(), z.array(z.string())]).optional(),
    client_name: text,
    client_metadata_url: text,
    client_id: text,
    client_secret: secret,
    additional_client_metadata: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "MCPOAuthAuthentication" });

const oauthState = z
  .object({
    tokens: z
      .looseObject({ access_token: secret, refresh_token: secret })
      .meta({ id: "MCPOAuthTokenState" })
      .optional(),
    client_info: z.looseObject({ client_secret: secret }).meta({ id: "MCPOAuthClientInfoState" }).optional(),
    token_expires_at: z.number().optional(),
  })
  .meta({ id: "MCPOAuthState" });

/** Credentials for a remote MCP server. */
const auth = z.discriminatedUnion("strategy", [
  z.object({ strategy: z.literal("none") }).meta({ id: "MCPNoneAuthCredential" }),
  z
    .object({ strategy: z.literal("api_key"), value: secret, header_name: text })
    .meta({ id: "MCPApiKeyAuthCredential" }),
  z.object({ strategy: z.literal("bearer"), value: secret }).meta({ id: "MCPBearerAuthCredential" }),
  z
    .object({ strategy: z.literal("basic"), username: z.string(), password: secret })
    .meta({ id: "MCPBasicAuthCredential" }),
  z.object({ strategy: z.literal("header"), headers: secrets }).meta({ id: "MCPHeaderAuthCredential" }),
  z
    .object({
      strategy: z.literal("oauth2"),
      authentication: oauthAuthentication.optional(),
      state: oauthState.optional(),
    })
    .meta({ id: "MCPOAuthAuthCredential" }),
]);

/** The ways to an MCP server. */
export const TRANSPORTS = ["stdio", "http", "streamable-http", "sse"] as const;

const REMOTE: readonly (string | undefined)[] = TRANSPORTS.slice(1);

const server = z
  .strictObject({
    url: z.string().min(1).optional(),
    transport: z.enum(TRANSPORTS).optional(),
    command: z.string().min(1).optional(),
    args: z.array(z.string()).optional(),
    env: secrets,
    cwd: text,
    description: text,
    icon: text,
    timeout: z.number().optional().describe("Seconds"),
    sse_read_timeout: z.number().optional().describe("Seconds"),
    keep_alive: z.boolean().optional(),
    headers: secrets,
    auth: auth.optional(),
    enabled: z.boolean().default(true).describe("A server that is not enabled is kept and not used"),
  })
  .superRefine((value, context) => {
    const fault = faultOf(value);
    if (fault !== undefined) context.addIssue({ code: "custom", message: `Value error, ${fault}`, path: [] });
  })
  .meta({ id: "MCPServer" });

interface ServerParts {
  url?: string | undefined;
  command?: string | undefined;
  transport?: string | undefined;
  headers?: Record<string, string> | undefined;
  auth?: unknown;
}

function faultOf({ url, command, transport, headers, auth: credentials }: ServerParts): string | undefined {
  if (transport === "stdio" && command === undefined) return "stdio MCP servers require 'command'";
  if (REMOTE.includes(transport) && url === undefined) return "remote MCP servers require 'url'";
  const names = Object.keys(headers ?? {}).map((name) => name.toLowerCase());
  if (credentials !== undefined && names.includes("authorization")) {
    return "'auth' cannot be combined with an explicit top-level 'Authorization' header; use auth.strategy='header' instead.";
  }
  return undefined;
}

/** Depth at which absent values are looked for: servers, their credentials, and the state of those. */
const MAX_DEPTH = 4;

/** Maps whose texts are all secret, and fields of credentials that are. */
const SECRET_MAPS: ReadonlySet<string> = new Set(["env", "headers"]);
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "value",
  "password",
  "client_secret",
  "access_token",
  "refresh_token",
]);

/**
 * Leaves out what is null or an empty map, because the reference announces servers by what is set, and secrets that are
 * blank or redacted.
 */
function withoutAbsent(value: unknown, parent = "", depth = 0): unknown {
  if (!isObject(value) || depth > MAX_DEPTH) return value;
  const entries = Object.entries(value).map(
    ([key, child]) => [key, withoutAbsent(child, key, depth + 1)] as const,
  );
  return Object.fromEntries(
    entries.filter(([key, child]) => {
      // A secret of a map is there or not; null is an error.
      if (SECRET_MAPS.has(parent)) return !isUnset(child);
      return !isAbsent(child, key) && !(SECRET_FIELDS.has(key) && isUnset(child));
    }),
  );
}

/** Credentials without a strategy are an error, so they stay. */
function isAbsent(value: unknown, key: string): boolean {
  if (value === null || value === undefined) return true;
  return key !== "auth" && isObject(value) && Object.keys(value).length === 0;
}

/** Names of the fields of a server. */
export const mcpServerFields = once<ReadonlySet<string>>(() => new Set(Object.keys(server.shape)));

/** Servers by name, also where they are wrapped as `{"mcpServers": …}`, as other programs write them. */
export function serversIn(config: unknown): unknown {
  return isObject(config) && isObject(config.mcpServers) ? config.mcpServers : config;
}

/** Reads servers with or without their wrapper, and `type` for `transport`. */
function unwrapped(input: unknown): unknown {
  const servers = serversIn(input);
  if (!isObject(servers)) return servers;
  return mapValues(servers, (value) => withoutAbsent(value));
}

function mapValues(map: Record<string, unknown>, change: (value: unknown) => unknown) {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}

/** Leaves out what this protocol does not know: settings are shared with programs that know more. */
function known(input: unknown): unknown {
  const servers = unwrapped(input);
  if (!isObject(servers)) return servers;
  const entries = Object.entries(servers).map(([name, value]) => [
    name,
    isObject(value) ? ofKnown(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function ofKnown({ type, ...value }: Record<string, unknown>): Record<string, unknown> {
  const transport = value.transport ?? type;
  const named = {
    ...value,
    ...(transport === undefined ? {} : { transport: transport === "shttp" ? "http" : transport }),
  };
  return Object.fromEntries(Object.entries(named).filter(([key]) => mcpServerFields().has(key)));
}

const servers = z.record(z.string(), server);

/** An MCP server as a configuration describes it. */
export type McpServer = z.output<typeof server>;

/** One MCP server, written with what is set. */
export const mcpServer = z.preprocess((input) => withoutAbsent(input), server);

/** Credentials for a remote MCP server, without what is not set. */
export const mcpAuth = z.preprocess((input) => withoutAbsent(input), auth);

/** MCP servers of settings by name. An unknown field of a server is an error. */
export const mcpServers = z.preprocess((input, context) => {
  if (!isObject(input)) return input;
  // A record would leave it out without a word.
  if (Object.hasOwn(input, "__proto__"))
    context.addIssue({ code: "custom", message: "Value error, no server is named __proto__", path: [] });
  return mapValues(input, (value) => withoutAbsent(value));
}, servers);

/** MCP servers of an agent by name. An unknown field of a server is an error. */
export const mcpConfig = z.preprocess(unwrapped, servers);

/** MCP servers of settings and skills by name. Unknown fields of a server are left out. */
export const lenientMcpConfig = z.preprocess(known, servers);
