type BytesReader = ReadableStreamBYOBReader;

/**
 * Passes a stream on and fails where it is shorter or longer than promised: more bytes than the announced length would
 * be read as the next answer on the connection, and fewer would leave the client waiting. A stream of bytes stays one.
 */
export function exactly(length: number, stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const count = new Count(length);
  const bytes = bytesReader(stream);
  return bytes === null ? exactPieces(count, stream.getReader()) : exactBytes(count, bytes);
}

/** A reader that brings its own memory. null for streams that give pieces as they have them. */
export function bytesReader(stream: ReadableStream<Uint8Array>): BytesReader | null {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/** Bytes of a piece that is read with no memory at hand. */
const PIECE = 64 * 1024;

class Count {
  readonly #length: number;
  #left: number;

  constructor(length: number) {
    this.#length = length;
    this.#left = length;
  }

  /** Takes a piece into account, or the end. Throws for one byte too many and for an end that comes too early. */
  take(bytes: number, isEnd: boolean): void {
    this.#left -= bytes;
    if (this.#left >= 0 && !(isEnd && this.#left > 0)) return;
    const extent = this.#left < 0 ? "longer" : "shorter";
    throw new Error(`a source of bytes was ${extent} than its size of ${this.#length}`);
  }
}

function exactPieces(
  count: Count,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        checked(reader, () => count.take(value?.byteLength ?? 0, done));
        if (value !== undefined) controller.enqueue(value);
        if (done) controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function exactBytes(count: Count, reader: BytesReader): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: PIECE,
    async pull(controller) {
      const request = controller.byobRequest;
      if (request === null || request.view === null) return;
      const { done, value } = await reader.read(request.view);
      checked(reader, () => count.take(value?.byteLength ?? 0, done));
      if (done) controller.close();
      if (value === undefined) throw new Error("a source of bytes was cancelled");
      request.respondWithNewView(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function checked(reader: { cancel(): Promise<void> }, check: () => void): void {
  try {
    check();
  } catch (error) {
    void reader.cancel().catch(() => {});
    throw error;
  }
}
