import { setTimeout as sleep } from "node:timers/promises";

/** Output of one second after which a program has to wait. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_MESSAGES = 2_000;

const SECOND = 1_000;

/** Holds back a program that sends without end, so that everything else of the server goes on. */
export class OutputBrake {
  #since = performance.now();
  #bytes = 0;
  #messages = 0;

  /** Counts output that was read. */
  count({ bytes = 0, messages = 0 }: { bytes?: number; messages?: number }): void {
    this.#bytes += bytes;
    this.#messages += messages;
  }

  /** Resolves when the next output may be read. */
  async release(): Promise<void> {
    const elapsed = performance.now() - this.#since;
    const isOver = this.#bytes > MAX_BYTES || this.#messages > MAX_MESSAGES;
    if (elapsed < SECOND && !isOver) return;
    if (elapsed < SECOND) await sleep(SECOND - elapsed);
    this.#since = performance.now();
    this.#bytes = 0;
    this.#messages = 0;
  }
}
