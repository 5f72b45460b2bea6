import type { OAuthClientInformationFull, OAuthClientMetadata } from "@modelcontextprotocol/client";
import type { OAuthSettings, OAuthState } from "./oauth-state.ts";

const CLIENT_NAME = "agent-server";

/** The client that the user has registered, else the one that was registered before. undefined without either. */
export function clientOf(settings: OAuthSettings, state: OAuthState): OAuthClientInformationFull | undefined {
  const { client_id: id, client_secret: secret, client_auth_method: method } = settings;
  if (id !== undefined) {
    return {
      client_id: id,
      ...(secret === undefined ? {} : { client_secret: secret }),
      ...(method === undefined ? {} : { token_endpoint_auth_method: method }),
      redirect_uris: [],
    };
  }
  const known = state.client_info;
  return typeof known?.client_id === "string" ? (known as unknown as OAuthClientInformationFull) : undefined;
}

/** Describes this program to an authorization server that does not know it yet. */
export function clientMetadata(settings: OAuthSettings, redirectUrl: string): OAuthClientMetadata {
  const {
    scopes,
    client_name: name,
    client_auth_method: method,
    additional_client_metadata: more,
  } = settings;
  return {
    ...more,
    redirect_uris: [redirectUrl],
    client_name: name ?? CLIENT_NAME,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    ...(scopes === undefined ? {} : { scope: [scopes].flat().join(" ") }),
    ...(method === undefined ? {} : { token_endpoint_auth_method: method }),
  };
}
