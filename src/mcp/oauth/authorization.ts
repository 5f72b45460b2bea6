import type {
  FetchLike,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import { isObject } from "../../is-object.ts";
import { clientMetadata, clientOf } from "./client-details.ts";
import { type OAuthSettings, type OAuthStateStore, withTokens } from "./oauth-state.ts";
import type { AuthorizationHint } from "./token-source.ts";

export interface AuthorizationParts {
  url: URL;
  settings: OAuthSettings;
  store: OAuthStateStore;
  fetch: FetchLike;
  /** Address that the browser comes back to. */
  redirectUrl: string;
  now(): number;
  newState(): string;
}

/** Most preferred first: a public client is never given a secret to keep. */
const AUTH_METHODS = ["none", "client_secret_post", "client_secret_basic"];

/** One authorization by a user in a browser. */
export class Authorization {
  readonly #parts: AuthorizationParts;
  readonly #provider: AuthorizationProvider;

  constructor(parts: AuthorizationParts) {
    this.#parts = parts;
    this.#provider = new AuthorizationProvider(parts);
  }

  /** The value that the browser must bring back. */
  get state(): string {
    return this.#provider.stateValue;
  }

  /** Registers this program if need be, and resolves to the address that the user opens. */
  async begin(hint: AuthorizationHint): Promise<URL> {
    await this.#provider.forgetForeignClient();
    await this.#auth(hint);
    if (this.#provider.authorizationUrl === undefined)
      throw new Error("The server asks for no authorization");
    return this.#provider.authorizationUrl;
  }

  /** Exchanges the code that the browser has brought back for tokens. */
  async finish(callback: URL, hint: AuthorizationHint): Promise<void> {
    const { searchParams: params } = callback;
    const refusal = params.get("error");
    if (refusal !== null)
      throw new Error(`The authorization was refused: ${params.get("error_description") ?? refusal}`);
    const code = params.get("code");
    if (code === null) throw new Error("The browser came back without a code");
    const issuer = params.get("iss");
    await this.#auth({ ...hint, authorizationCode: code, ...(issuer === null ? {} : { iss: issuer }) });
  }

  async #auth(options: AuthorizationHint & { authorizationCode?: string; iss?: string }): Promise<void> {
    const { auth } = await import("@modelcontextprotocol/client");
    const { url, fetch } = this.#parts;
    await auth(this.#provider, { serverUrl: url, fetchFn: this.#withAuthMethod(fetch), ...options });
  }

  /** Asks in a registration for the way to prove who we are that the server has and that needs the least secrets. */
  #withAuthMethod(fetch: FetchLike): FetchLike {
    return (target, init) => {
      const { registration_endpoint: endpoint, token_endpoint_auth_methods_supported: offered = [] } =
        this.#provider.discovery?.authorizationServerMetadata ?? {};
      const method = AUTH_METHODS.find((name) => offered.includes(name));
      const isRegistration =
        init?.method === "POST" && endpoint !== undefined && String(target) === new URL(endpoint).href;
      if (!isRegistration || method === undefined || typeof init.body !== "string")
        return fetch(target, init);
      const body: unknown = JSON.parse(init.body);
      if (!isObject(body) || body.token_endpoint_auth_method !== undefined) return fetch(target, init);
      return fetch(target, {
        ...init,
        body: JSON.stringify({ ...body, token_endpoint_auth_method: method }),
      });
    };
  }
}

/** Keeps what the client of MCP learns during an authorization. */
class AuthorizationProvider implements OAuthClientProvider {
  readonly #parts: AuthorizationParts;
  readonly stateValue: string;
  #verifier = "";
  #discovery: OAuthDiscoveryState | undefined;
  authorizationUrl: URL | undefined;

  constructor(parts: AuthorizationParts) {
    this.#parts = parts;
    this.stateValue = parts.newState();
  }

  get redirectUrl(): string {
    return this.#parts.redirectUrl;
  }

  get clientMetadata(): OAuthClientMetadata {
    return clientMetadata(this.#parts.settings, this.redirectUrl);
  }

  get clientMetadataUrl(): string | undefined {
    return this.#parts.settings.client_metadata_url;
  }

  get discovery(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }

  state(): string {
    return this.stateValue;
  }

  /** A client that was registered for another address cannot be used: the server would not send the browser here. */
  async forgetForeignClient(): Promise<void> {
    const { client_info: client, ...state } = await this.#parts.store.read();
    const addresses = client?.redirect_uris;
    if (client === undefined || !Array.isArray(addresses) || addresses.includes(this.redirectUrl)) return;
    await this.#parts.store.write(state);
  }

  /**
   * A client without an issuer, such as one that the user has registered, is taken for one of the server that is asked.
   */
  async clientInformation(about?: { issuer: string }): Promise<StoredOAuthClientInformation | undefined> {
    const client = clientOf(this.#parts.settings, await this.#parts.store.read());
    return client && { ...about, ...client };
  }

  async saveClientInformation(client: StoredOAuthClientInformation): Promise<void> {
    if (this.#parts.settings.client_id !== undefined) return;
    const state = await this.#parts.store.read();
    await this.#parts.store.write({ ...state, client_info: { ...client } });
  }

  /** The tokens that are there were refused, and could not be refreshed. */
  tokens(): undefined {
    return undefined;
  }

  async saveTokens(tokens: StoredOAuthTokens): Promise<void> {
    const { store, now } = this.#parts;
    // The state of an earlier authorization may have a refresh token that belongs to another user.
    const { tokens: _former, ...state } = await store.read();
    await store.write(withTokens(state, tokens, now()));
  }

  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }
}
