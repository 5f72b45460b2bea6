import type { RemoteProcess } from "./remote-process.ts";

/** Bytes of one piece of input, about. */
const PIECE = 1024 * 1024;

/** Pieces that wait to be read by the program. */
const AHEAD = 2;

/**
 * Feeds a program on the other machine from a source. What the source gives while a piece is on its way goes with the
 * next one, so that many small chunks cost few requests. A source that throws ends the input.
 */
export class RemoteStdin {
  readonly #process: RemoteProcess;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #collected: Uint8Array[] = [];
  #size = 0;
  #ahead = 0;
  #sourceEnded = false;
  #isClosed = false;
  #change = Promise.withResolvers<void>();

  constructor(process: RemoteProcess, source: AsyncIterable<Uint8Array>) {
    this.#process = process;
    this.#iterator = source[Symbol.asyncIterator]();
    this.#collect()
      .catch(() => {})
      .finally(() => {
        this.#sourceEnded = true;
        this.#changed();
      });
    // A program that gets no more input is left to its deadline.
    this.#send().catch(() => {});
  }

  /** Makes room: the program's side has taken a piece. */
  taken(): void {
    this.#ahead -= 1;
    this.#changed();
  }

  /** Ends the feeding, and the source. */
  close(): void {
    this.#isClosed = true;
    this.#changed();
    Promise.resolve(this.#iterator.return?.()).catch(() => {});
  }

  async #collect(): Promise<void> {
    for (;;) {
      while (this.#size >= PIECE && !this.#isClosed) await this.#change.promise;
      const { done, value } = await this.#iterator.next();
      if (done || this.#isClosed) return;
      this.#collected.push(value);
      this.#size += value.length;
      this.#changed();
    }
  }

  async #send(): Promise<void> {
    for (let number = 1; !this.#isClosed; ) {
      if (this.#collected.length > 0 && this.#ahead < AHEAD) {
        await this.#process.write(`in.${number++}`, this.#takePiece());
      } else if (this.#sourceEnded && this.#collected.length === 0) {
        return this.#process.tell("ctl", "end");
      } else {
        await this.#change.promise;
      }
    }
  }

  #takePiece(): Uint8Array {
    const bytes = Buffer.concat(this.#collected.splice(0));
    this.#size = 0;
    this.#ahead += 1;
    this.#changed();
    return bytes;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}
