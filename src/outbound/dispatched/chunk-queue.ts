import type { ByteBody } from "../plain-response.ts";

/** Bytes that wait to be read, from which on the connection is held back. */
const HIGH_WATER = 64 * 1024;

interface Connection {
  /** Goes on after `add` has returned false. */
  resume(): void;
  /** Ends the connection. */
  abort(): void;
}

/** The body of an answer, as its chunks arrive. For one reader. */
export class ChunkQueue implements ByteBody {
  readonly #connection: Connection;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isHeld = false;
  #isComplete = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Takes a chunk. False when the connection is to be held back until `resume`. */
  add(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    this.#wake?.();
    this.#isHeld = this.#bytes >= HIGH_WATER;
    return !this.#isHeld;
  }

  complete(): void {
    this.#isComplete = true;
    this.#wake?.();
  }

  /** Ends the body with an error, which comes before what was not read yet. */
  fail(error: unknown): void {
    if (this.#isComplete) return;
    this.#failure ??= { error };
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  async cancel(): Promise<void> {
    this.#chunks = [];
    if (this.#isComplete) return;
    this.#isComplete = true;
    this.#connection.abort();
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return { done: false, value: this.#taken(chunk) };
      if (this.#isComplete) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #taken(chunk: Uint8Array): Uint8Array {
    this.#bytes -= chunk.byteLength;
    if (this.#isHeld && this.#bytes < HIGH_WATER) {
      this.#isHeld = false;
      this.#connection.resume();
    }
    return chunk;
  }
}
