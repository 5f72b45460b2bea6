/** Source of time and ids. Tests replace it to make both deterministic. */
export interface Clock {
  /** Returns the milliseconds since 1970. Fractions are kept to the microsecond. */
  now(): number;
  /** Returns a new UUID of version 4, dashed. */
  newId(): string;
}

/** Milliseconds by which the clock of the machine may differ from that of the process. */
const LARGEST_DRIFT = 1_000;

/** The clock of this machine and random ids. */
export const systemClock: Clock = createSystemClock();

/**
 * The clock of a process is finer than that of the machine, but stands still while the machine sleeps, and is not
 * corrected with it. It is set by the other one when they have drifted apart.
 */
function createSystemClock(): Clock {
  let { timeOrigin: origin } = performance;
  return {
    now() {
      const [ofProcess, ofMachine] = [performance.now(), Date.now()];
      if (Math.abs(ofMachine - origin - ofProcess) > LARGEST_DRIFT) origin = ofMachine - ofProcess;
      return origin + ofProcess;
    },
    newId: () => crypto.randomUUID(),
  };
}
