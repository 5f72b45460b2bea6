/** The value below which the share `of` (0 to 1) of the values lie; 0.5 is the median. */
export function quantile(values: readonly number[], of: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * of) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function rounded(value: number): number {
  return Number(value.toPrecision(value >= 1_000 ? 6 : 3));
}

/** Milliseconds of each of `count` calls, one after the other. */
export async function timed(count: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    await work(index);
    times.push(performance.now() - started);
  }
  return times;
}

export function range(count: number): number[] {
  return [...Array(count).keys()];
}
