/** Tokens that no call can have: a greater counter is a mistake, and sums of such counters would not be exact. */
const MAX_TOKENS = 1e10;

/** Returns the first of the reported counters that is a positive number; 0 without any. */
export function tokenCount(...reported: unknown[]): number {
  const count = reported.find((value) => typeof value === "number" && value > 0 && value <= MAX_TOKENS);
  return typeof count === "number" ? Math.round(count) : 0;
}
