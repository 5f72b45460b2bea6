import { readBounded } from "../read-bounded.ts";
import type { SecretSource } from "../wire/secret-source.ts";

/** Milliseconds until a lookup fails. */
const TIMEOUT = 30_000;
const MAX_BYTES = 64 * 1024;

/** A secret whose value another server holds. */
export type LookupSecret = Extract<SecretSource, { kind: "LookupSecret" }>;

interface LookupRequest {
  headers: Record<string, string>;
  redirect: "manual";
  signal: AbortSignal;
}

/** The part of `fetch` that a lookup needs. */
export type LookupFetch = (url: URL, request: LookupRequest) => Promise<Response>;

export interface LookupOptions {
  fetch: LookupFetch;
  /** Base of relative URLs: this server, as it is reached at the moment of the lookup. */
  internalUrl: () => string;
}

/**
 * Looks up a secret's value: the body of the answer to a GET. Redirects are not followed, so that no other host sees
 * the headers. Rejects when the answer is not a 2xx, takes over 30 seconds or is over 64 KiB.
 */
export async function lookUpSecret(source: LookupSecret, options: LookupOptions): Promise<string> {
  const url = new URL(source.url, `${options.internalUrl().replace(/\/+$/, "")}/`);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error(`The URL of a secret must be http or https, not ${url.protocol}`);
  }
  const signal = AbortSignal.timeout(TIMEOUT);
  const response = await options.fetch(url, { headers: source.headers, redirect: "manual", signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The server of the secret answered ${response.status}`);
  }
  return new TextDecoder().decode(await readBounded(response.body, MAX_BYTES));
}
