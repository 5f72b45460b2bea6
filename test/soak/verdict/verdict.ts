/** A figure at a moment of the run. */
export interface Point {
  /** Milliseconds since the load began. */
  at: number;
  value: number;
}

/** How much a figure may grow over the second half of a run, and still be flat. The larger of the two counts. */
export interface Bound {
  absolute: number;
  /** As a share of its median. */
  relative: number;
}

export interface Verdict {
  /** The median of the first quarter of the run. */
  early: number;
  /** The median of the last quarter. */
  late: number;
  /** What the figure grew by over the second half, by its robust slope. */
  growth: number;
  /** The growth that is allowed. */
  allowed: number;
  isFlat: boolean;
}

/** Fewer points in the second half say nothing about a slope. */
const FEWEST = 6;

/**
 * Judges a figure by the second half of a run, in which everything is warm. The slope is the median of the slopes
 * between all pairs of points (Theil and Sen), so that single peaks, of which faults cause many, do not count.
 * Returns undefined for too few points.
 */
export function judge(points: readonly Point[], { absolute, relative }: Bound): Verdict | undefined {
  const half = points.slice(Math.floor(points.length / 2));
  if (half.length < FEWEST) return undefined;
  const quarter = Math.max(1, Math.floor(points.length / 4));
  const valuesOf = (some: readonly Point[]) => some.map(({ value }) => value);
  const span = (half.at(-1)?.at ?? 0) - (half[0]?.at ?? 0);
  const growth = slopeOf(half) * span;
  const allowed = Math.max(absolute, relative * median(valuesOf(half)));
  return {
    early: median(valuesOf(points.slice(0, quarter))),
    late: median(valuesOf(points.slice(-quarter))),
    growth,
    allowed,
    isFlat: growth <= allowed,
  };
}

/** Growth per millisecond. */
export function slopeOf(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [index, from] of points.entries()) {
    for (const to of points.slice(index + 1)) {
      if (to.at > from.at) slopes.push((to.value - from.value) / (to.at - from.at));
    }
  }
  return slopes.length === 0 ? 0 : median(slopes);
}

/** The value below which the share `of` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], of: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * of) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
