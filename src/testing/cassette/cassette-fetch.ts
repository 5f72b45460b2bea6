import { SECRET_MASK } from "../../secrets/mask-secrets.ts";
import { type CanonicalOptions, createCleaner, toCanonical } from "./canonical.ts";
import { type CassetteMode, Tape } from "./tape.ts";

/** Whether answers are recorded or played back. */
export interface CassetteFetchOptions extends CanonicalOptions {
  mode: CassetteMode;
  /** What is recorded. Default: the global one. */
  fetch?: typeof globalThis.fetch;
}

interface RecordedResponse {
  status: number;
  headers: Record<string, string>;
  /** Text; streams are played back whole. */
  body: string;
}

const KEPT_HEADERS = ["content-type", "retry-after"];
const SECRET_PARAMETER = /key|token|secret|signature|password/i;

/**
 * `cassette` one layer below: a `fetch` for anybody's client. A response is found by method, address and body; no
 * header of a request is written, and of a response only the content type and `Retry-After`.
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
    const found = tape.find(key);
    if (found !== undefined) return toResponse(found.reply as RecordedResponse);
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
    if (SECRET_PARAMETER.test(name)) url.searchParams.set(name, SECRET_MASK);
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
