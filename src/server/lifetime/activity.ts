import type { Clock } from "../../clock.ts";

/** The time since something was last done with a server. A new one counts as used. */
export class Activity {
  readonly #clock: Clock;
  #last: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = clock.now();
  }

  readonly note = (): void => {
    this.#last = this.#clock.now();
  };

  /** Seconds since the last activity; 0 where the clock was set back. */
  idleSeconds(): number {
    return Math.max(0, this.#clock.now() - this.#last) / 1000;
  }
}
