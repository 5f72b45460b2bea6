import { plainResponse } from "../../outbound/plain-response.ts";
import { malformedReply } from "./reply-fault.ts";
import { tooLarge } from "./reply-limits.ts";

/** Bytes of an error's body that are read. Longer ones are cut. */
const ERROR_BYTES = 256 * 1024;

/**
 * Bounds the body of an answer. `fetch` unpacks bodies, so that the bytes counted are those that take up memory. Past
 * `maxBytes` the body fails with an LLMReplyTooLargeError and the connection ends. A short body of a stated length is
 * passed as it is: counting it costs more than parsing it.
 */
export function boundedResponse(response: Response, maxBytes: number): Response {
  const { body, status, statusText, headers, ok, url } = response;
  if (body === null) return response;
  if (status < 200 || status > 599) throw malformedReply(`status ${status}`);
  const limit = ok ? maxBytes : ERROR_BYTES;
  if (statedLength(headers) <= limit) return response;
  const bounded = ok ? failPast(body, maxBytes) : cutAt(body, ERROR_BYTES);
  const cancel = () => body.cancel();
  return plainResponse({
    status,
    statusText,
    headers,
    url,
    body: { [Symbol.asyncIterator]: () => bounded, cancel },
  });
}

/** Number of bytes of a body that is sent as it is, which HTTP does not let it exceed; infinite for any other. */
function statedLength(headers: Headers): number {
  const length = headers.get("content-length") ?? "";
  const isPlain = !headers.has("content-encoding") && !headers.has("transfer-encoding");
  return isPlain && /^\d+$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
}

async function* failPast(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    // An error inside the loop ends the connection.
    if (bytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`);
    yield chunk;
  }
}

async function* cutAt(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let left = maxBytes;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}
