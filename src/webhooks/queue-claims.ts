import type { Ownership } from "../stores/ownership.ts";

/** The claims of one server on the queues that it sends, by which the other servers of a store leave them alone. */
export class QueueClaims {
  readonly #ownership: Ownership;
  #node: Promise<number> | undefined;
  /** Fences by the name of the queue, also those that are still being asked for; undefined where another has it. */
  readonly #held = new Map<string, Promise<number | undefined>>();

  constructor(ownership: Ownership) {
    this.#ownership = ownership;
  }

  /** Claims a queue, unless it is held already. False while another living server sends it. */
  async hold(queue: string): Promise<boolean> {
    return (await (this.#held.get(queue) ?? this.#claim(queue))) !== undefined;
  }

  /** Lets another server send a queue. What is not held is fine. */
  async release(queue: string): Promise<void> {
    const claim = this.#held.get(queue);
    this.#held.delete(queue);
    const fence = await claim?.catch(() => undefined);
    if (fence !== undefined) await this.#ownership.release(queue, fence);
  }

  /** Ends all claims of this server. */
  async leave(): Promise<void> {
    this.#held.clear();
    if (this.#node !== undefined) await this.#ownership.leave(await this.#node);
  }

  #claim(queue: string): Promise<number | undefined> {
    const claim = this.#take(queue);
    this.#held.set(queue, claim);
    const forget = () => {
      if (this.#held.get(queue) === claim) this.#held.delete(queue);
    };
    claim.then((fence) => fence ?? forget(), forget);
    return claim;
  }

  async #take(queue: string): Promise<number | undefined> {
    const outcome = await this.#ownership.claim(await this.#join(), queue);
    return "fence" in outcome ? outcome.fence : undefined;
  }

  #join(): Promise<number> {
    this.#node ??= this.#ownership.join({ died: () => this.#forget() }).catch((error: unknown) => {
      this.#node = undefined;
      throw error;
    });
    return this.#node;
  }

  /** The others count this server as dead and may send its queues: each is claimed again before its next request. */
  #forget(): void {
    this.#node = undefined;
    this.#held.clear();
  }
}
