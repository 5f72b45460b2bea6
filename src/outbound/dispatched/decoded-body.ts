import { pipeline, Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { ByteBody } from "../plain-response.ts";

/** The encodings that `decodedBody` takes off, as the header `accept-encoding` names them. */
export const ACCEPTED_ENCODINGS = "gzip, deflate, br";

/** Servers may end a packed body without its last bytes; browsers read it all the same. */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** Unpacks a body. One with another encoding, or with several, is passed as it is. */
export function decodedBody(body: ByteBody, encoding: string): ByteBody {
  const decoder = decoderFor(encoding.trim().toLowerCase());
  if (decoder === undefined) return body;
  return { [Symbol.asyncIterator]: () => unpack(body, decoder), cancel: () => body.cancel() };
}

async function* unpack(body: ByteBody, decoder: Transform): AsyncGenerator<Uint8Array> {
  let failure: unknown;
  const source = Readable.from(body, { objectMode: false });
  source.on("error", (error) => {
    failure = error;
  });
  try {
    // The end of either is the end of both, and of the connection.
    yield* pipeline(source, decoder, () => {});
  } catch (error) {
    throw error === failure ? error : new TypeError("terminated", { cause: error });
  }
}

function decoderFor(encoding: string): Transform | undefined {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip(LENIENT);
    case "deflate":
      return createInflate(LENIENT);
    case "br":
      return createBrotliDecompress(LENIENT_BROTLI);
    default:
      return undefined;
  }
}
