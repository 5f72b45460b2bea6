const WIDTH = 30;
/** Milliseconds between two drawings. */
const PAUSE = 100;

/** A line of a terminal that shows how much of a work is done. Draws nothing on anything else. */
export class ProgressBar {
  readonly #stream: Pick<NodeJS.WriteStream, "isTTY" | "write">;
  readonly #total: number;
  #done = 0;
  #events = 0;
  #drawnAt = 0;

  constructor(stream: Pick<NodeJS.WriteStream, "isTTY" | "write">, total: number) {
    this.#stream = stream;
    this.#total = total;
  }

  /** One more conversation is done. */
  step(): void {
    this.#done += 1;
    this.#draw();
  }

  /** So many more events are stored. */
  addEvents(count: number): void {
    this.#events += count;
    this.#draw();
  }

  /** Removes the line. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }

  #draw(): void {
    if (!this.#stream.isTTY || Date.now() - this.#drawnAt < PAUSE) return;
    this.#drawnAt = Date.now();
    const filled = Math.round((WIDTH * this.#done) / Math.max(1, this.#total));
    const bar = `${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}`;
    this.#stream.write(`\r[${bar}] ${this.#done}/${this.#total} conversations, ${this.#events} events\x1b[K`);
  }
}
