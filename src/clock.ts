/** Source of time and ids. Tests replace it to make both deterministic. */
export interface Clock {
  /** Returns the milliseconds since 1970. Fractions are kept to the microsecond. */
  now(): number;
  /** Returns a new UUID of version 4, dashed. */
  newId(): string;
}

/** The clock of this machine and random ids. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  newId: () => crypto.randomUUID(),
};
