import type { Readable, Writable } from "node:stream";

/** Characters of one message of the browser. A screenshot or a long page has a few million. */
const MAX_MESSAGE = 128 * 1024 * 1024;

/** Messages with a browser over two pipes: JSON, each with a zero byte after it. */
export class PipeTransport {
  onmessage?: (message: object) => void;
  onclose?: (reason?: string) => void;
  readonly #writer: Writable;
  #parts: Buffer[] = [];
  #length = 0;
  #isOpen = true;

  constructor(reader: Readable, writer: Writable) {
    this.#writer = writer;
    reader.on("data", (chunk: Buffer) => this.#take(chunk));
    for (const stream of [reader, writer]) {
      stream.once("close", () => this.close());
      stream.on("error", () => this.close());
    }
  }

  send(message: object): void {
    if (this.#isOpen) this.#writer.write(`${JSON.stringify(message)}\0`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#parts = [];
    this.#writer.destroy();
    this.onclose?.();
  }

  #take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1 && this.#isOpen; end = chunk.indexOf(0, start)) {
      this.#parts.push(chunk.subarray(start, end));
      start = end + 1;
      this.#pass();
    }
    if (!this.#isOpen) return;
    this.#parts.push(chunk.subarray(start));
    this.#length += chunk.length - start;
    if (this.#length > MAX_MESSAGE) this.close();
  }

  #pass(): void {
    const text = Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#length = 0;
    const message = parsed(text);
    if (message === null) this.close();
    // A separate task for each message: the driver expects that all it does about one is done before the next. Without
    // that, it answers with objects that it has already removed, and throws where no caller can catch it.
    else setImmediate(() => this.onmessage?.(message));
  }
}

function parsed(text: string): object | null {
  try {
    return JSON.parse(text) as object;
  } catch {
    return null;
  }
}
