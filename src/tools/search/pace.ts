import { setImmediate } from "node:timers/promises";

/** Milliseconds of work in a row. */
const SPELL = 8;

/** Lets others work in between a long piece of work. */
export class Pace {
  #since = performance.now();

  /** Waits for a moment if the work has gone on for a while. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#since < SPELL) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
