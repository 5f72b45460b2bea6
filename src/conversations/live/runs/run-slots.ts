import { AgentServerError } from "../../../errors.ts";
import type { Place as PlaceOfClient } from "../../../limits/places.ts";

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

/**
 * Limits the number of concurrent runs. Past it a run is refused, or waits. The next is one of the owner with the
 * fewest runs, and of those the one that has waited longest: an owner of many keeps no other from going on.
 */
export class RunSlots {
  readonly #size: number;
  readonly #queueLength: number;
  #taken = 0;
  /** Grants of those that wait with their owners, the first first. */
  readonly #waiting = new Map<() => void, string>();
  /** Runs of each owner that has some. */
  readonly #running = new Map<string, number>();

  constructor({ size, queueLength = 0 }: RunSlotsOptions) {
    this.#size = size;
    this.#queueLength = queueLength;
  }

  /** Number of slots that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Number of runs that could start at once. */
  get free(): number {
    return Math.max(0, this.#size - this.#taken);
  }

  /** Number of runs that wait. */
  get queued(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a slot, or a place in the queue. Default: all runs have one owner, so that they come in their order. The place
   * of a client among its runs is released with the slot, and at once where there is none.
   *
   * @throws AgentServerError `too_many_requests` when there is neither.
   */
  claim(owner = "", place?: PlaceOfClient): RunSlot {
    const held = place?.handOver();
    if (this.#taken >= this.#size && this.#waiting.size >= this.#queueLength) {
      held?.release();
      throw limitReached();
    }
    if (this.#taken >= this.#size) return new RunSlot(this.#waitingPlace(owner, held));
    this.#taken += 1;
    this.#count(owner, 1);
    const leave = () => {
      held?.release();
      this.#free(owner);
    };
    return new RunSlot({ shares: 1, ready: async () => {}, leave });
  }

  #waitingPlace(owner: string, held: PlaceOfClient | undefined): Place {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(resolve, owner);
    return {
      shares: 1,
      ready: (signal) => unlessAborted(promise, signal),
      leave: () => {
        held?.release();
        // One that no longer waits has a slot.
        if (!this.#waiting.delete(resolve)) this.#free(owner);
      },
    };
  }

  /** Gives the slot to the next. */
  #free(owner: string): void {
    this.#count(owner, -1);
    const next = this.#next();
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    const [grant, nextOwner] = next;
    this.#waiting.delete(grant);
    this.#count(nextOwner, 1);
    grant();
  }

  #next(): [() => void, string] | undefined {
    let next: [() => void, string] | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) {
      const runs = this.#running.get(waiting[1]) ?? 0;
      if (runs >= fewest) continue;
      next = waiting;
      fewest = runs;
    }
    return next;
  }

  #count(owner: string, change: number): void {
    const runs = (this.#running.get(owner) ?? 0) + change;
    if (runs === 0) this.#running.delete(owner);
    else this.#running.set(owner, runs);
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
