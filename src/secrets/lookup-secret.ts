import { credentialedFetch } from "../outbound/credentialed-fetch.ts";
import type { SecretSource } from "../wire/secret-source.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024;

export type LookupSecret = Extract<SecretSource, { kind: "LookupSecret" }>;

interface LookupRequest {
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** The part of `fetch` that a lookup needs. */
export type LookupFetch = (url: URL, request: LookupRequest & { redirect: "manual" }) => Promise<Response>;

export interface LookupOptions {
  fetch: LookupFetch;
  /** What relative URLs are resolved against: this server, as it is reached at the moment of the lookup. */
  internalUrl: () => string;
}

/**
 * Fetches a secret's value, the body of a GET. Redirects are not followed, so that its headers reach no other host.
 * Rejects when the answer is not a 2xx, takes over 30 seconds or is over 64 KiB.
 */
export async function lookUpSecret(source: LookupSecret, options: LookupOptions): Promise<string> {
  const url = new URL(source.url, `${options.internalUrl().replace(/\/+$/, "")}/`);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error(`The URL of a secret must be http or https, not ${url.protocol}`);
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await credentialedFetch(options.fetch)(url, { headers: source.headers, signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The server of the secret answered ${response.status}`);
  }
  return readText(response);
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop early cancels the body.
    if (bytes > MAX_BYTES) throw new Error(`The secret is longer than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
