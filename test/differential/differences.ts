export interface Difference {
  scenario: string;
  reason: string;
  /** Takes out of both sides what is known to differ. */
  tolerate(events: unknown[]): unknown[];
}

/** Where this server answers otherwise than the reference on purpose, and why. */
export const DIFFERENCES: readonly Difference[] = [];
