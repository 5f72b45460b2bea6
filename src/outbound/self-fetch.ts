import { isLoopbackHost } from "../loopback.ts";

interface SelfRequest {
  headers: Record<string, string>;
  signal: AbortSignal;
}

export interface SelfFetchOptions<Init extends SelfRequest> {
  /** URLs under which this server is reached, as of now. */
  ownUrls(): readonly string[];
  serve(request: Request): Promise<Response>;
  /** Answers for everybody else. */
  elsewhere(url: URL, request: Init): Promise<Response>;
}

/**
 * GET that answers requests to this very server in process: over the network they could wait for the one who waits for
 * them, and behind a proxy they may not arrive.
 */
export function createSelfFetch<Init extends SelfRequest>(
  options: SelfFetchOptions<Init>,
): (url: URL, request: Init) => Promise<Response> {
  return async (url, request) => {
    if (!options.ownUrls().some((own) => isSameServer(url, new URL(own))))
      return options.elsewhere(url, request);
    const { headers, signal } = request;
    // Under a name that is always served: what matters was said by the path.
    const local = new URL(url.pathname + url.search, "http://localhost");
    return options.serve(new Request(local, { headers, signal }));
  };
}

function isSameServer(a: URL, b: URL): boolean {
  if (a.origin === b.origin) return true;
  const bothLocal = isLoopbackHost(a.hostname) && isLoopbackHost(b.hostname);
  return bothLocal && a.protocol === b.protocol && a.port === b.port;
}
