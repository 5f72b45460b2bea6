import { AgentServerError } from "../../../errors.ts";

export interface RunSlotsOptions {
  /** Number of concurrent runs. */
  size: number;
  /** Number of further runs that may wait. Default: 0. */
  queueLength?: number | undefined;
}

/** The right to run: at once, or after those that came before. A run, and those that follow it, have one. */
export class RunSlot {
  #place: Place | null;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Resolves when the run may start, at once for an aborted signal. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#place?.ready(signal);
  }

  /** Frees the slot. Further calls change nothing. */
  release(): void {
    const place = this.#place;
    this.#place = null;
    if (place === null) return;
    place.shares -= 1;
    if (place.shares === 0) place.leave();
  }

  /** Shares the right with a new slot. It is given back when both have been released. */
  share(): RunSlot {
    if (this.#place === null) throw new Error("The slot was released");
    this.#place.shares += 1;
    return new RunSlot(this.#place);
  }

  /** Moves the right into a new slot. Releasing this one then changes nothing. */
  handOver(): RunSlot {
    if (this.#place === null) throw new Error("The slot was released");
    const next = new RunSlot(this.#place);
    this.#place = null;
    return next;
  }
}

interface Place {
  /** Number of slots that have it. */
  shares: number;
  ready(signal: AbortSignal): Promise<void>;
  leave(): void;
}

/** Limits the number of concurrent runs. Past it a run is refused, or waits in the order in which it came. */
export class RunSlots {
  readonly #size: number;
  readonly #queueLength: number;
  #taken = 0;
  /** Grants of those that wait, the first first. */
  readonly #waiting = new Set<() => void>();

  constructor({ size, queueLength = 0 }: RunSlotsOptions) {
    this.#size = size;
    this.#queueLength = queueLength;
  }

  /** Number of slots that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes a slot, or a place in the queue.
   *
   * @throws AgentServerError `too_many_requests` when there is neither.
   */
  claim(): RunSlot {
    if (this.#taken < this.#size) {
      this.#taken += 1;
      return new RunSlot({ shares: 1, ready: async () => {}, leave: () => this.#free() });
    }
    if (this.#waiting.size >= this.#queueLength) throw limitReached();
    return new RunSlot(this.#waitingPlace());
  }

  #waitingPlace(): Place {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    return {
      shares: 1,
      ready: (signal) => unlessAborted(promise, signal),
      leave: () => {
        // One that no longer waits has a slot.
        if (!this.#waiting.delete(resolve)) this.#free();
      },
    };
  }

  /** Gives the slot to the one that has waited longest. */
  #free(): void {
    const [grant] = this.#waiting;
    if (grant === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(grant);
    grant();
  }
}

/** Whether a run was refused because too many are active. */
export function isRunLimit(error: unknown): error is AgentServerError {
  return AgentServerError.is(error) && error.code === "too_many_requests";
}

function limitReached(): AgentServerError {
  return new AgentServerError(
    "too_many_requests",
    "Conversation run limit reached. Retry the request later.",
  );
}

async function unlessAborted(granted: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => resolve();
  signal.addEventListener("abort", abort, { once: true });
  await Promise.race([granted, aborted]);
  signal.removeEventListener("abort", abort);
}
