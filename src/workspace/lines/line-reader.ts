const LINE_FEED = 10;

/** Cuts the output of a program into lines, however its bytes arrive. */
export class LineReader {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** `maxBytes` bounds one line. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Gives the lines that are whole now. Throws for a line that is too long. */
  *push(chunk: Uint8Array): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.#hold(chunk.subarray(from, end));
      from = end + 1;
      const line = this.#take();
      if (line !== "") yield line;
    }
    // Copied, because the rest of the chunk need not be kept for it.
    if (from < chunk.byteLength) this.#hold(chunk.slice(from));
  }

  #hold(part: Uint8Array): void {
    this.#bytes += part.byteLength;
    if (this.#bytes > this.#maxBytes) {
      throw new Error(`it has sent a message of more than ${this.#maxBytes} bytes`);
    }
    this.#parts.push(part);
  }

  #take(): string {
    const decoder = new TextDecoder();
    const text = this.#parts.map((part) => decoder.decode(part, { stream: true })).join("");
    this.#parts = [];
    this.#bytes = 0;
    return (text + decoder.decode()).trim();
  }
}
