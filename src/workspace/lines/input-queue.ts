/** Bytes that may wait until a program reads them. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** The standard input of a program: what is written comes out in order, until the end. For one reader. */
export class InputQueue implements AsyncIterable<Uint8Array> {
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** Throws when the program has left too much unread. */
  write(bytes: Uint8Array): void {
    if (this.#ended) throw new Error("its input is closed");
    if (this.#bytes + bytes.byteLength > MAX_WAITING_BYTES) {
      throw new Error(`it has left ${MAX_WAITING_BYTES} bytes of its input unread`);
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.byteLength;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#bytes -= next.byteLength;
        yield next;
      } else if (this.#ended) return;
      else await this.#news();
    }
  }

  async #news(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }
}
