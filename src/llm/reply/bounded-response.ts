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
  const { body, status, statusText, headers, ok } = response;
  if (body === null) return response;
  // `Response` cannot be made with another status.
  if (status < 200 || status > 599) throw malformedReply(`status ${status}`);
  const limit = ok ? maxBytes : ERROR_BYTES;
  if (statedLength(headers) <= limit) return response;
  const counter = ok ? failPast(maxBytes) : cutAt(ERROR_BYTES);
  return new Response(body.pipeThrough(counter), { status, statusText, headers });
}

/** Number of bytes of a body that is sent as it is, which HTTP does not let it exceed; infinite for any other. */
function statedLength(headers: Headers): number {
  const length = headers.get("content-length") ?? "";
  const isPlain = !headers.has("content-encoding") && !headers.has("transfer-encoding");
  return isPlain && /^\d+$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
}

function failPast(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(tooLarge(`more than ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
}

function cutAt(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = maxBytes;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.byteLength;
      if (left <= 0) controller.terminate();
    },
  });
}
