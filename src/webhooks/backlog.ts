import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";

/** A queue whose oldest messages can be dropped. */
export interface Sheddable {
  /** Drops some of its oldest messages. False when it has none. */
  shed(): Promise<boolean>;
}

export interface BacklogOptions {
  /** Bytes that wait at most. */
  limit: number;
  /** The queues, the oldest first. */
  queues(): Iterable<Sheddable>;
  logger: Logger;
}

/**
 * What waits for one webhook, in all the queues of this server together. Each conversation has separate queues, so
 * that a receiver that is away for long would fill the disk if only they had limits.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  #bytes = 0;
  #shedding: Promise<void> | undefined;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Counts bytes that have come, or gone if they are negative. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#isOver() || this.#shedding !== undefined) return;
    this.#shedding = this.#shed().finally(() => {
      this.#shedding = undefined;
    });
  }

  /** Resolves when nothing is being dropped. Never rejects. */
  async settled(): Promise<void> {
    await this.#shedding;
  }

  #isOver(): boolean {
    return this.#bytes > this.#options.limit;
  }

  async #shed(): Promise<void> {
    const { queues, logger } = this.#options;
    try {
      for (const queue of queues()) {
        while (this.#isOver() && (await queue.shed())) {}
        if (!this.#isOver()) return;
      }
    } catch (error) {
      logger.error({ error: messageOf(error) }, "Messages for a webhook that are too many cannot be dropped");
    }
  }
}
