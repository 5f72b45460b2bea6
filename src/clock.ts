/** Where time and ids come from, so that a test can fix both. */
export interface Clock {
  /** Milliseconds since 1970; fractions are kept to the microsecond. */
  now(): number;
  /** A UUID, version 4, dashed. */
  newId(): string;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  newId: () => crypto.randomUUID(),
};
