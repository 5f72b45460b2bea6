import type { Clock } from "../clock.ts";

/** A clock that stands still until `advance`, with ids that count: `00000000-0000-4000-8000-000000000001`. */
export interface FixedClock extends Clock {
  /** Moves the time forward. */
  advance(milliseconds: number): void;
}

const START = Date.UTC(2026, 0, 1, 12);

/** Creates a clock that stands still at `start`, in milliseconds since 1970. Default: noon UTC on 1 January 2026. */
export function fixedClock(start: number = START): FixedClock {
  let now = start;
  let ids = 0;
  return {
    now: () => now,
    newId() {
      ids += 1;
      return `00000000-0000-4000-8000-${ids.toString(16).padStart(12, "0")}`;
    },
    advance(milliseconds) {
      now += milliseconds;
    },
  };
}
