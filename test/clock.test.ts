import { expect, it, vi } from "vitest";
import { systemClock } from "../src/clock.ts";

const HOUR = 3_600_000;

it("the time follows the clock of the machine when that is set, or has gone on while the process stood still", () => {
  const real = Date.now.bind(Date);
  const offsets = [0, 8 * HOUR, -HOUR, 0];
  for (const offset of offsets) {
    using _ = vi.spyOn(Date, "now").mockImplementation(() => real() + offset);
    expect(Math.abs(systemClock.now() - (real() + offset))).toBeLessThan(2_000);
  }
});

it("the time goes on without steps while the clock of the machine agrees", () => {
  const times = Array.from({ length: 1_000 }, () => systemClock.now());
  expect(times.toSorted((left, right) => left - right)).toEqual(times);
  expect(times.some((time) => !Number.isInteger(time))).toBe(true);
});
