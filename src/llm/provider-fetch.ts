import { credentialedFetch, RedirectError } from "../outbound/credentialed-fetch.ts";
import { LlmError } from "./llm-error.ts";
import { boundedResponse } from "./reply/bounded-response.ts";

/** The signature of the global `fetch`. */
export type Fetch = typeof globalThis.fetch;

/**
 * Makes the `fetch` of provider SDKs. Keys and prompts reach the configured address only, because no redirect is
 * followed. Replies past `maxReplyBytes`, unpacked, fail with an LLMReplyTooLargeError.
 */
export function providerFetch(fetch: Fetch, maxReplyBytes: number): Fetch {
  const send = credentialedFetch<string | URL | Request, RequestInit>(fetch);
  return async (target, init) => {
    try {
      return boundedResponse(await send(target, init), maxReplyBytes);
    } catch (error) {
      if (!(error instanceof RedirectError)) throw error;
      throw new LlmError("LLMBadRequestError", error.message, { status: error.status, cause: error });
    }
  };
}
