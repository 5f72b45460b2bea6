import type { OAuthTokens } from "@modelcontextprotocol/client";
import type { McpServer } from "../../wire/agent/mcp-server.ts";

type OAuthAuth = Extract<McpServer["auth"], { strategy: "oauth2" }>;

/** The settings of a user about the authorization at a server. */
export type OAuthSettings = NonNullable<OAuthAuth["authentication"]>;

/** The result of an authorization: tokens, the registered client, and when the access token ends (Unix seconds). */
export type OAuthState = NonNullable<OAuthAuth["state"]>;

/** The place where the state of one server is kept. */
export interface OAuthStateStore {
  /** Reads the state as it is now: another conversation may have changed it. */
  read(): Promise<OAuthState>;
  write(state: OAuthState): Promise<void>;
  /** Does one piece of such work at a time, in the order of the calls. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Keeps a state in memory, for one user of it. `written` is called with each new one. */
export function memoryState(
  state: OAuthState = {},
  written: (state: OAuthState) => void = () => undefined,
): OAuthStateStore {
  let current = state;
  return {
    read: async () => current,
    async write(changed) {
      current = changed;
      written(changed);
    },
    alone: (work) => work(),
  };
}

/** The state with new tokens. A refresh token that did not come again is still good. `now` is in milliseconds. */
export function withTokens(state: OAuthState, tokens: OAuthTokens, now: number): OAuthState {
  const { token_expires_at: _old, ...rest } = state;
  const refresh = tokens.refresh_token ?? state.tokens?.refresh_token;
  return {
    ...rest,
    tokens: { ...tokens, ...(refresh === undefined ? {} : { refresh_token: refresh }) },
    ...(tokens.expires_in === undefined ? {} : { token_expires_at: now / 1_000 + tokens.expires_in }),
  };
}
