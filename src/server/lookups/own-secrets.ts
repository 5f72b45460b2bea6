import { isSameServer } from "../../outbound/self-fetch.ts";
import type { LookupFetch } from "../../secrets/lookup-secret.ts";

interface OwnSecrets {
  /** Returns the URLs at which this server is reached now. */
  ownUrls(): readonly string[];
  /** The value of a secret that users keep on this server; null without one. */
  value(name: string): Promise<string | null>;
}

const SECRET_PATH = /\/api\/settings\/secrets\/([a-zA-Z][a-zA-Z0-9_]{0,63})$/;

/**
 * Answers lookups of this server's own secrets from the store, as the reference does: also when the session key of the
 * client that named them has changed since. Everything else goes to `fetch`.
 */
export function withOwnSecrets(fetch: LookupFetch, { ownUrls, value }: OwnSecrets): LookupFetch {
  return async (url, request) => {
    const name = url.search === "" ? SECRET_PATH.exec(url.pathname)?.[1] : undefined;
    if (name === undefined || !ownUrls().some((own) => isSameServer(url, new URL(own))))
      return fetch(url, request);
    const text = await value(name);
    return text === null ? fetch(url, request) : new Response(text);
  };
}
