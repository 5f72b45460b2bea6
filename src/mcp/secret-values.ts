import { isSecretName } from "../secrets/secret-names.ts";
import type { McpServer } from "../wire/agent/mcp-server.ts";

/**
 * Values of a configuration that no output may show: variables and headers with the name of a secret, and credentials.
 */
export function secretValuesOf({ env = {}, headers = {}, auth }: McpServer): string[] {
  const named = Object.entries({ ...env, ...headers }).filter(([name]) => isSecretName(name));
  return [...named.map(([, value]) => value), ...credentials(auth)].filter((value) => value !== "");
}

function credentials(auth: McpServer["auth"]): string[] {
  switch (auth?.strategy) {
    case undefined:
    case "none":
      return [];
    case "api_key":
    case "bearer":
      return [auth.value ?? ""];
    case "basic":
      return [auth.password ?? "", btoaUtf8(`${auth.username}:${auth.password ?? ""}`)];
    case "header":
      return Object.values(auth.headers ?? {});
    case "oauth2":
      return [
        auth.authentication?.client_secret ?? "",
        auth.state?.client_info?.client_secret ?? "",
        auth.state?.tokens?.access_token ?? "",
        auth.state?.tokens?.refresh_token ?? "",
      ];
  }
}

/** Base64 of a text in UTF-8. */
export function btoaUtf8(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
