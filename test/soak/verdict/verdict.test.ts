import { describe, expect, it } from "vitest";
import { generator } from "../../cluster/chaos/schedule.ts";
import { judge, type Point } from "./verdict.ts";

const BOUND = { absolute: 10, relative: 0.1 };

function points(count: number, valueAt: (index: number) => number): Point[] {
  return Array.from({ length: count }, (_, index) => ({ at: index * 5_000, value: valueAt(index) }));
}

describe("the verdict on a figure of a soak", () => {
  it("is that it grows when it grows over the second half", () => {
    const leak = judge(
      points(200, (index) => 100 + index),
      BOUND,
    );
    expect(leak).toMatchObject({ isFlat: false, growth: expect.closeTo(99), allowed: expect.closeTo(24.9) });
  });

  it("is that it is flat when it only grew while everything became warm", () => {
    const warm = judge(
      points(200, (index) => Math.min(300, 100 + 4 * index)),
      BOUND,
    );
    expect(warm).toMatchObject({ isFlat: true, growth: 0, late: 300 });
  });

  it("does not mind noise and single peaks", () => {
    const random = generator(1);
    const noisy = judge(
      points(200, (index) => 100 + 20 * random() + (index % 17 === 0 ? 500 : 0)),
      BOUND,
    );
    expect(noisy?.isFlat).toBe(true);
  });

  it("finds growth in noise", () => {
    const random = generator(2);
    const noisy = judge(
      points(200, (index) => 100 + 0.4 * index + 20 * random()),
      BOUND,
    );
    expect(noisy?.isFlat).toBe(false);
  });

  it("is left open for a run that is too short", () => {
    expect(
      judge(
        points(10, (index) => index),
        BOUND,
      ),
    ).toBeUndefined();
  });
});
