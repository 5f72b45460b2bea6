import type { AuthProvider, FetchLike } from "@modelcontextprotocol/client";
import { messageOf } from "../../errors.ts";
import { clientOf } from "./client-details.ts";
import { type OAuthSettings, type OAuthState, type OAuthStateStore, withTokens } from "./oauth-state.ts";

export interface TokenSourceParts {
  url: URL;
  settings: OAuthSettings;
  store: OAuthStateStore;
  fetch: FetchLike;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Milliseconds of one request for new tokens: other conversations wait for it. */
const REFRESH_TIMEOUT = 10_000;

/** The answer to a request without a good token: where an authorization begins. */
export interface AuthorizationHint {
  resourceMetadataUrl?: URL;
  scope?: string;
}

/** A server that takes no token that is there, and no refresh. */
export class NotAuthorizedError extends Error {
  override readonly name = "NotAuthorizedError";
  readonly hint: AuthorizationHint;

  constructor(url: URL, hint: AuthorizationHint, cause?: unknown) {
    const reason = cause === undefined ? "its tokens are missing or over" : messageOf(cause);
    super(`${url.host} must be authorized again in the settings: ${reason}`, { cause });
    this.hint = hint;
  }
}

/**
 * Gives the stored access token to requests, and refreshes it. Never begins an authorization, which needs a user.
 */
export class TokenSource implements AuthProvider {
  readonly #parts: TokenSourceParts;
  #refreshing: Promise<void> | null = null;

  constructor(parts: TokenSourceParts) {
    this.#parts = parts;
  }

  async token(): Promise<string | undefined> {
    const { store, now } = this.#parts;
    const state = await store.read();
    const end = state.token_expires_at;
    if (end !== undefined && end * 1_000 <= now() && state.tokens?.refresh_token !== undefined) {
      await this.#refresh(state.tokens.access_token, {});
      return (await store.read()).tokens?.access_token;
    }
    return state.tokens?.access_token;
  }

  async onUnauthorized({ response }: { response: Response }): Promise<void> {
    const { extractWWWAuthenticateParams } = await import("@modelcontextprotocol/client");
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
    const { tokens } = await this.#parts.store.read();
    await this.#refresh(tokens?.access_token, {
      ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
      ...(scope === undefined ? {} : { scope }),
    });
  }

  /** Refreshes a token once for all requests that were refused with it. */
  #refresh(refused: string | undefined, hint: AuthorizationHint): Promise<void> {
    const { store } = this.#parts;
    this.#refreshing ??= store
      .alone(() => this.#refreshNow(refused, hint))
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  async #refreshNow(refused: string | undefined, hint: AuthorizationHint): Promise<void> {
    const { url, store, settings } = this.#parts;
    const state = await store.read();
    // Another conversation has refreshed it meanwhile; a second refresh could end the first one's tokens.
    if (state.tokens?.access_token !== refused) return;
    const client = clientOf(settings, state);
    const refreshToken = state.tokens?.refresh_token;
    if (client === undefined || refreshToken === undefined) throw new NotAuthorizedError(url, hint);
    try {
      await store.write(await this.#refreshed(state, { client, refreshToken, hint }));
    } catch (error) {
      throw new NotAuthorizedError(url, hint, error);
    }
  }

  async #refreshed(
    state: OAuthState,
    {
      client,
      refreshToken,
      hint: { resourceMetadataUrl },
    }: { client: NonNullable<ReturnType<typeof clientOf>>; refreshToken: string; hint: AuthorizationHint },
  ): Promise<OAuthState> {
    const { url, fetch, now } = this.#parts;
    const fetchFn: FetchLike = (target, init) =>
      fetch(target, { ...init, signal: AbortSignal.timeout(REFRESH_TIMEOUT) });
    const { discoverOAuthServerInfo, refreshAuthorization } = await import("@modelcontextprotocol/client");
    const server = await discoverOAuthServerInfo(url, {
      fetchFn,
      ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    });
    const { authorizationServerUrl, authorizationServerMetadata: metadata, resourceMetadata } = server;
    const tokens = await refreshAuthorization(authorizationServerUrl, {
      ...(metadata === undefined ? {} : { metadata }),
      ...(resourceMetadata === undefined ? {} : { resource: new URL(resourceMetadata.resource) }),
      clientInformation: client,
      refreshToken,
      fetchFn,
    });
    return withTokens(state, tokens, now());
  }
}
