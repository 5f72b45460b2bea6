import type { McpServer } from "../../wire/agent/mcp-server.ts";
import { btoaUtf8 } from "../secret-values.ts";

/** The headers of credentials that need no conversation with anyone. */
export function authHeaders(auth: McpServer["auth"]): Record<string, string> {
  switch (auth?.strategy) {
    case undefined:
    case "none":
    case "oauth2":
      return {};
    case "api_key":
      if (auth.value === undefined) return {};
      return auth.header_name ? { [auth.header_name]: auth.value } : bearer(auth.value);
    case "bearer":
      return auth.value === undefined ? {} : bearer(auth.value);
    case "basic":
      if (auth.password === undefined) return {};
      return { Authorization: `Basic ${btoaUtf8(`${auth.username}:${auth.password}`)}` };
    case "header":
      return auth.headers ?? {};
  }
}

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}
