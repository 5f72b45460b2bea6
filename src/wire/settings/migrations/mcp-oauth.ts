import { isObject } from "../../../is-object.ts";
import type { Payload } from "./migrate.ts";

/** Collections of the credentials that older settings kept, by the field that they became. */
const COLLECTIONS = {
  tokens: { name: "mcp-oauth-token", suffix: "/tokens" },
  client_info: { name: "mcp-oauth-client-info", suffix: "/client_info" },
  token_expires_at: { name: "mcp-oauth-token-expiry", suffix: "/token_expiry" },
} as const;

/** The state of a sign-in: what is there, and from old credentials what is missing. Undefined when there is nothing. */
export function oauthState(state: unknown, credentials: unknown): Payload | undefined {
  const merged = { ...stateOfCredentials(credentials), ...(isObject(state) ? state : {}) };
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** Older settings had one kind of sign-in and no name for it. */
export function withType(authentication: unknown): unknown {
  return isObject(authentication) && !("type" in authentication)
    ? { ...authentication, type: "oauth" }
    : authentication;
}

function stateOfCredentials(credentials: unknown): Payload {
  if (!isObject(credentials)) return {};
  const tokens = valueIn(credentials, COLLECTIONS.tokens);
  const clientInfo = valueIn(credentials, COLLECTIONS.client_info);
  const expiresAt = valueIn(credentials, COLLECTIONS.token_expires_at)?.expires_at;
  return {
    // Without an access token the others are of no use.
    ...(typeof tokens?.access_token === "string" ? { tokens } : {}),
    ...(clientInfo === undefined ? {} : { client_info: clientInfo }),
    ...(typeof expiresAt === "number" ? { token_expires_at: expiresAt } : {}),
  };
}

/** The entry of a collection whose key ends as it should, else the first one. */
function valueIn(
  credentials: Payload,
  { name, suffix }: { name: string; suffix: string },
): Payload | undefined {
  const collection = credentials[name];
  if (!isObject(collection)) return undefined;
  const entries = Object.entries(collection).filter(([, entry]) => isObject(entry));
  const [, entry] = entries.find(([key]) => key.endsWith(suffix)) ?? entries[0] ?? [];
  if (!isObject(entry)) return undefined;
  const value = isObject(entry.value) ? entry.value : entry;
  return Object.keys(value).length === 0 ? undefined : value;
}
