import type { GuardedFetch } from "../outbound/guarded-fetch.ts";
import { signatureHeaders } from "./signature.ts";
import type { Webhook } from "./webhook.ts";

/** One request to a webhook. */
export interface Letter {
  /** Id of the message, the same for each attempt. */
  id: string;
  /** Path below the address of the webhook. */
  path: string;
  /** JSON text. */
  body: string;
}

/** The receiver of requests and the way to it. */
export interface PostOptions {
  webhook: Pick<Webhook, "baseUrl" | "headers" | "secret">;
  /** The first key of the server, by which receivers know it. */
  sessionKey: string | undefined;
  fetch: GuardedFetch;
  /** Milliseconds since 1970. */
  now(): number;
}

/**
 * Makes one attempt. Redirects are not followed, because the request carries a key. Rejects with the reason when the
 * receiver has not taken the letter.
 */
export async function postLetter(
  { id, path, body }: Letter,
  { webhook, sessionKey, fetch, now }: PostOptions,
  signal: AbortSignal,
): Promise<void> {
  const { baseUrl, headers, secret } = webhook;
  const timestamp = Math.floor(now() / 1000);
  const response = await fetch(new URL(baseUrl + path), {
    method: "POST",
    headers: {
      ...headers,
      "content-type": "application/json",
      ...(sessionKey !== undefined && { "x-session-api-key": sessionKey }),
      ...(secret !== null && (await signatureHeaders(secret, { id, timestamp, body }))),
    },
    ...{ body, signal, redirect: "manual" },
  });
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}
