/** Bytes of one message of the browser. A screenshot or a long page has a few million. */
const MAX_MESSAGE = 128 * 1024 * 1024;

export interface Pipe {
  write(text: string): void;
  /** Called once when there are no more messages. */
  end(): void;
}

/** Messages with a browser over a pair of pipes: JSON, each with a zero byte after it. */
export class PipeTransport {
  onmessage?: (message: object) => void;
  onclose?: (reason?: string) => void;
  readonly #pipe: Pipe;
  #parts: Uint8Array[] = [];
  #length = 0;
  #isOpen = true;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
  }

  send(message: object): void {
    if (this.#isOpen) this.#pipe.write(`${JSON.stringify(message)}\0`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#parts = [];
    this.#pipe.end();
    this.onclose?.();
  }

  /** Takes bytes of the browser, cut anywhere. */
  receive(chunk: Uint8Array): void {
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
