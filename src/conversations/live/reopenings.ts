import { setTimeout } from "node:timers/promises";
import { holderIn, isFailure } from "../../stores/refusals.ts";
import type { LiveConversation } from "./live-conversation.ts";

/** Milliseconds before the second attempt. Each further wait is twice as long. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 15_000;

export interface ReopeningsOptions {
  /** Does something with a conversation, which is read from the store when it is not in memory. */
  use(id: string, work: (conversation: LiveConversation) => Promise<void>): Promise<void>;
  /** Called at the first failure of a conversation. The attempts go on. */
  failed(id: string, error: unknown): void;
}

/**
 * Reads conversations again whose store has failed, and repairs what the failure cut short, as a start of the server
 * does. While the store still fails, the attempts go on with growing waits, until the server closes.
 */
export class Reopenings {
  readonly #options: ReopeningsOptions;
  readonly #active = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: ReopeningsOptions) {
    this.#options = options;
  }

  /** Begins with a conversation, unless that is active already. */
  begin(id: string): void {
    if (this.#active.has(id) || this.#closing.signal.aborted) return;
    this.#active.add(id);
    void this.#reopen(id).finally(() => this.#active.delete(id));
  }

  /** Ends all attempts. */
  close(): void {
    this.#closing.abort();
  }

  async #reopen(id: string): Promise<void> {
    const { signal } = this.#closing;
    let isReported = false;
    for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      const error = await this.#attempt(id);
      // A refusal is answered to the next caller as well, and what another server holds is its matter.
      if (error === undefined || !isFailure(error) || holderIn(error, id) !== undefined || signal.aborted)
        return;
      if (!isReported) this.#options.failed(id, error);
      isReported = true;
      await setTimeout(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Resolves with what the attempt failed with. */
  async #attempt(id: string): Promise<unknown> {
    try {
      await this.#options.use(id, async (conversation) => {
        await conversation.recover();
        conversation.keeper.publishFullState();
      });
      return undefined;
    } catch (error) {
      return error ?? new Error("No error was given");
    }
  }
}
