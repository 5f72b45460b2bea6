import { isLoopbackHost } from "../loopback.ts";

interface SelfRequest {
  headers: Record<string, string>;
  signal: AbortSignal;
}

export interface SelfFetchOptions<Init extends SelfRequest> {
  /** Returns the URLs at which this server is reached now. */
  ownUrls(): readonly string[];
  serve(request: Request): Promise<Response>;
  /** Fetches URLs of other servers. */
  elsewhere(url: URL, request: Init): Promise<Response>;
}

/**
 * Builds a GET that answers requests to this server in process. Over the network the request could deadlock on its own
 * caller, or never arrive behind a proxy.
 */
export function createSelfFetch<Init extends SelfRequest>(
  options: SelfFetchOptions<Init>,
): (url: URL, request: Init) => Promise<Response> {
  return async (url, request) => {
    if (!options.ownUrls().some((own) => isSameServer(url, new URL(own))))
      return options.elsewhere(url, request);
    const { headers, signal } = request;
    // The host guard always serves localhost.
    const local = new URL(url.pathname + url.search, "http://localhost");
    return options.serve(new Request(local, { headers, signal }));
  };
}

/** Whether two URLs lead to the same server: of one origin, or both to the same port of this machine. */
export function isSameServer(a: URL, b: URL): boolean {
  if (a.origin === b.origin) return true;
  const bothLocal = isLoopbackHost(a.hostname) && isLoopbackHost(b.hostname);
  return bothLocal && a.protocol === b.protocol && a.port === b.port;
}
