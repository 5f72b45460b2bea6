/** Returns the candidate that `word` is probably a slip of: one with it as its start, or a few letters away. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const begun = candidates.filter((candidate) => word.length > 2 && candidate.startsWith(word));
  if (begun.length > 0) return begun[0];
  const limit = Math.min(3, Math.ceil(word.length / 3));
  const rated = candidates.map((candidate) => ({ candidate, slips: slipsBetween(word, candidate, limit) }));
  const best = rated.sort((a, b) => a.slips - b.slips)[0];
  return best !== undefined && best.slips <= limit ? best.candidate : undefined;
}

/** Counts letters that are missing, too many, different or swapped with their neighbour. Above `limit`, any number above it. */
function slipsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + differs);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
