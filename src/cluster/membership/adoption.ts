import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { NodeSeat } from "../../stores/nodes/node-seat.ts";
import type { Adopted } from "../../stores/ownership.ts";

/** Milliseconds between two looks, on the average. */
const PERIOD = 500;
/** Part of the period by which a look may come earlier or later, so that nodes do not look at the same moment. */
const SPREAD = 0.25;
/** Conversations of one look: the first go on while others wait, and other nodes take their part of them. */
const BATCH = 8;

/** The conversations of a server, as far as they are taken over. */
export interface Adopters {
  /** Number of runs that could start at once. */
  readonly freeRuns: number;
  /** Repairs what another node has left in a conversation. Never rejects. */
  takeOver(adopted: Adopted & { node: number }): Promise<void>;
}

export interface AdoptionOptions {
  seat: Pick<NodeSeat, "adopt">;
  conversations: Adopters;
  logger: Logger;
}

/**
 * Looks again and again for conversations that the death or the end of other nodes has left behind, and takes over as
 * many as there are free runs.
 */
export class Adoption {
  readonly #options: AdoptionOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isFailing = false;
  #ended = false;

  constructor(options: AdoptionOptions) {
    this.#options = options;
  }

  /** Begins with a look at once. */
  start(): void {
    this.#looking = this.#look();
  }

  /** Ends the looks. Resolves when nothing is being taken over. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Never rejects. A failure is logged once for all looks until the next that works. */
  async #look(): Promise<void> {
    try {
      await this.#adopt();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#warn(error);
      this.#isFailing = true;
    }
    if (!this.#ended) this.#lookLater();
  }

  /** Looks again at once after a full batch. */
  async #adopt(): Promise<void> {
    const { seat, conversations } = this.#options;
    for (let found = BATCH; found === BATCH && !this.#ended; ) {
      const { freeRuns } = conversations;
      if (freeRuns === 0) return;
      const adopted = await seat.adopt(Math.min(freeRuns, BATCH));
      await Promise.all(adopted.map((one) => conversations.takeOver(one)));
      found = adopted.length;
    }
  }

  #lookLater(): void {
    const wait = PERIOD * (1 + SPREAD * (2 * Math.random() - 1));
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
    }, wait);
    this.#timer.unref?.();
  }

  #warn(error: unknown): void {
    this.#options.logger.warn(
      { error: messageOf(error) },
      "Conversations of other nodes cannot be looked for; the next look follows",
    );
  }
}
