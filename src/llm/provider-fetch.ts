import { credentialedFetch, RedirectError } from "../outbound/credentialed-fetch.ts";
import { LlmError } from "./llm-error.ts";

/** The signature of the global `fetch`. */
export type Fetch = typeof globalThis.fetch;

/** Makes the `fetch` of provider SDKs. Keys and prompts reach the configured address only: no redirect is followed. */
export function providerFetch(fetch: Fetch): Fetch {
  const send = credentialedFetch<string | URL | Request, RequestInit>(fetch);
  return async (target, init) => {
    try {
      return await send(target, init);
    } catch (error) {
      if (!(error instanceof RedirectError)) throw error;
      throw new LlmError("LLMBadRequestError", error.message, { status: error.status, cause: error });
    }
  };
}
