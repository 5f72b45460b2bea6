import type { GuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { OAuthState, OAuthStateStore } from "../oauth/oauth-state.ts";

/** The network, as far as servers at URLs are reached through it. */
export interface RemoteAccess {
  /** Requests to an address that a user has configured. */
  fetch: GuardedFetch;
  /**
   * Requests to hosts that the server `from` has named. They reach no private network, unless `from` is in one itself.
   */
  fetchNamed(from: URL): GuardedFetch;
  /** The kept state of an OAuth server of the settings; undefined when they have none at that URL. */
  oauthState?(url: URL): Promise<OAuthStateStore | undefined>;
  /**
   * Called with new tokens of an OAuth server, by its URL, that no settings keep, for the client that has named it.
   * Default: they are known here alone.
   */
  refreshed?(serverUrl: string, state: OAuthState): void;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Refuses every request. */
export const NO_NETWORK: RemoteAccess = {
  fetch: unreachable,
  fetchNamed: () => unreachable,
  now: () => 0,
};

async function unreachable(url: URL): Promise<Response> {
  throw new Error(`${url.host} cannot be reached: there is no network for MCP servers here`);
}
