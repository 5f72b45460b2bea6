import type { FetchLike } from "@modelcontextprotocol/client";
import { MAX_MESSAGE_BYTES } from "../limits.ts";
import type { RemoteAccess } from "./remote-access.ts";

/** Milliseconds of a request outside the server itself, such as that of a token. */
const NAMED_TIMEOUT = 10_000;

/**
 * Makes the `fetch` of the client of a server. Redirects are left to the client, which follows them within the origin
 * only. A body is cut off once a message in it is too long. Hosts that the server has named are reached as far as it is
 * itself.
 */
export function serverFetch(server: URL, access: Pick<RemoteAccess, "fetch" | "fetchNamed">): FetchLike {
  const named = access.fetchNamed(server);
  return async (target, init = {}) => {
    const { method, body } = init;
    if (body != null && typeof body !== "string" && !(body instanceof URLSearchParams)) {
      throw new TypeError("Only texts are sent");
    }
    const url = new URL(target);
    const isServer = url.host === server.host;
    const signals = [
      ...(init.signal ? [init.signal] : []),
      ...(isServer ? [] : [AbortSignal.timeout(NAMED_TIMEOUT)]),
    ];
    const send = isServer ? access.fetch : named;
    const response = await send(url, {
      ...(method === undefined ? {} : { method }),
      ...(body == null ? {} : { body: String(body) }),
      headers: Object.fromEntries(new Headers(init.headers)),
      signal: AbortSignal.any(signals),
      redirect: "manual",
    });
    return bounded(response);
  };
}

function bounded(response: Response): Response {
  if (response.body === null) return response;
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const { status, headers } = response;
  return new Response(response.body.pipeThrough(limit(isStream)), { status, headers });
}

/** Ends a stream past the bound: of the whole body, or of one event of a stream of events. */
function limit(isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes = isStream ? bytesOfEvent(chunk, bytes) : bytes + chunk.byteLength;
      if (bytes <= MAX_MESSAGE_BYTES) controller.enqueue(chunk);
      else controller.error(new Error(`it has sent a message of more than ${MAX_MESSAGE_BYTES} bytes`));
    },
  });
}

/**
 * Bytes of the event that is not complete yet. A blank line ends an event; one that is cut by the end of a chunk is
 * missed.
 */
function bytesOfEvent(chunk: Uint8Array, before: number): number {
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const ends = ["\n\n", "\r\r", "\r\n\r\n"].map((end) => [text.lastIndexOf(end), end.length] as const);
  const last = Math.max(...ends.map(([at, length]) => (at === -1 ? -1 : at + length)));
  return last === -1 ? before + chunk.byteLength : chunk.byteLength - last;
}
