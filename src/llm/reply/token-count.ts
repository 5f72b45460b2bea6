/** Returns the first of the reported counters that is a positive number; 0 without any. */
export function tokenCount(...reported: unknown[]): number {
  const count = reported.find((value) => typeof value === "number" && value > 0 && value < Infinity);
  return typeof count === "number" ? Math.round(count) : 0;
}
