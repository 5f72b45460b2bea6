import type { ClaimOutcome, NodeOptions, Ownership } from "./ownership.ts";
import { ownershipLost } from "./refusals.ts";

interface Held {
  node: number;
  fence: number;
}

/**
 * Ownership among the servers of one process, for stores that only one process has open. Such a store asks
 * `assertHeld`.
 */
export class LocalOwnership implements Ownership {
  readonly #nodes = new Map<number, NodeOptions>();
  readonly #held = new Map<string, Held>();
  #lastNode = 0;
  #lastFence = 0;

  async join(options: NodeOptions = {}): Promise<number> {
    this.#lastNode += 1;
    this.#nodes.set(this.#lastNode, options);
    return this.#lastNode;
  }

  async claim(node: number, conversationId: string): Promise<ClaimOutcome> {
    const holder = this.#held.get(conversationId)?.node;
    if (holder !== undefined && holder !== node) await this.#nodes.get(holder)?.yield?.(conversationId);
    // Looked up again: meanwhile another claim may have been made.
    const owner = this.#held.get(conversationId)?.node;
    if (owner !== undefined && owner !== node) return { owner };
    this.#lastFence += 1;
    this.#held.set(conversationId, { node, fence: this.#lastFence });
    return { fence: this.#lastFence };
  }

  async release(conversationId: string, fence: number): Promise<void> {
    if (this.#held.get(conversationId)?.fence === fence) this.#held.delete(conversationId);
  }

  async ownerOf(conversationId: string): Promise<number | undefined> {
    return this.#held.get(conversationId)?.node;
  }

  async leave(node: number): Promise<void> {
    this.#nodes.delete(node);
    for (const [conversationId, held] of [...this.#held]) {
      if (held.node === node) this.#held.delete(conversationId);
    }
  }

  /** Ends the claim on a conversation that is removed. */
  forget(conversationId: string): void {
    this.#held.delete(conversationId);
  }

  /**
   * Checks the fence of a change. Changes without a fence pass.
   *
   * @throws AgentServerError `ownership_lost` for the fence of a claim that has ended.
   */
  assertHeld({ conversationId, fence }: { conversationId: string; fence?: number | undefined }): void {
    if (fence !== undefined && this.#held.get(conversationId)?.fence !== fence) {
      throw ownershipLost();
    }
  }
}
