import { SECRET_MASK } from "../../secrets/masking/secret-mask.ts";
import { isSecretName } from "../../secrets/secret-names.ts";
import { type CanonicalOptions, createCleaner, toCanonical } from "./canonical.ts";
import { type CassetteMode, Tape } from "./tape.ts";

/** Options of a recording `fetch`. */
export interface CassetteFetchOptions extends CanonicalOptions {
  /** Whether answers are recorded or played back. */
  mode: CassetteMode;
  /** The function whose answers are recorded. Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

interface RecordedResponse {
  status: number;
  headers: Record<string, string>;
  /** Text. Streams are played back in one piece. */
  body: string;
}

const KEPT_HEADERS = ["content-type", "retry-after"];

/**
 * Records the answers to HTTP requests in a file and plays them back, for clients that take a `fetch`. Answers are
 * looked up by method, URL and body. The file holds no request headers; of the response headers it holds the content
 * type and `Retry-After`. `path` names a JSON file.
 *
 * @throws Error in mode `replay` for a request that is not recorded. It names the nearest recorded one.
 *
 * @example
 * ```ts
 * const client = new OpenAI({ fetch: cassetteFetch("test/models.json", { mode: "auto" }) });
 * ```
 */
export function cassetteFetch(
  path: string,
  { mode, fetch = globalThis.fetch, ...options }: CassetteFetchOptions,
): typeof globalThis.fetch {
  const tape = new Tape(path, mode);
  const clean = createCleaner(options);
  return async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const body = parse(await request.clone().text());
    const key = toCanonical({ method: request.method, url: withoutSecrets(request.url), body }, clean);
    const entry = tape.find(key);
    if (entry !== undefined) return toResponse(entry.reply as RecordedResponse);
    const response = await fetch(request);
    const recorded: RecordedResponse = {
      status: response.status,
      headers: Object.fromEntries(
        KEPT_HEADERS.flatMap((name) => {
          const value = response.headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      ),
      body: await response.text(),
    };
    await tape.add(key, toCanonical(recorded, clean));
    return toResponse(recorded);
  };
}

function toResponse({ status, headers, body }: RecordedResponse): Response {
  return new Response(status === 204 || status === 304 ? null : body, { status, headers });
}

function withoutSecrets(address: string): string {
  const url = new URL(address);
  for (const name of url.searchParams.keys()) {
    if (isSecretName(name) || /signature/i.test(name)) url.searchParams.set(name, SECRET_MASK);
  }
  return url.href;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
