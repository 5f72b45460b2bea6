/** A request to a program of this machine. */
export interface ProxiedRequest {
  port: number;
  method: string;
  /** Path and query. */
  target: string;
  headers: [name: string, value: string][];
  body: ReadableStream<Uint8Array> | null;
  signal: AbortSignal;
}

/**
 * Passes a request on to a port of the loopback interface, and its answer back as it comes. Redirects are not followed.
 * Rejects where nothing answers.
 */
export async function proxiedRequest({
  port,
  method,
  target,
  headers,
  body,
  signal,
}: ProxiedRequest): Promise<Response> {
  const { proxyFetch } = await import("httpxy");
  const failed = new AbortController();
  const address = { host: "127.0.0.1", port };
  try {
    return await proxyFetch(
      address,
      `http://127.0.0.1:${port}${target}`,
      {
        ...{ method, headers, body, duplex: "half", redirect: "manual" },
        signal: AbortSignal.any([signal, failed.signal]),
      },
      { changeOrigin: true, agent: null },
    );
  } catch (error) {
    // An answer that cannot be passed on, such as one with status 999, is not read to its end.
    failed.abort();
    throw error;
  }
}
