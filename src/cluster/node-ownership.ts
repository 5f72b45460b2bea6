import type { ClaimOutcome, LivingNode, NodeOptions, Owner, Ownership } from "../stores/ownership.ts";

export interface NodeOwnershipOptions {
  ownership: Ownership;
  /** Base URL where other nodes reach this server. */
  address: string;
  /** Asks another node for a conversation in which nothing goes on. Never rejects. */
  askToYield(owner: Owner & { address: string }, conversationId: string): Promise<void>;
}

/**
 * The ownership of a store, as the parts of one server of a cluster use it. They join with the address of the server.
 * Who wants a conversation that is idle at another node gets it: that node is asked to release it.
 */
export class NodeOwnership implements Ownership {
  readonly #options: NodeOwnershipOptions;
  /** Parts of one server may join apart. */
  readonly #own = new Set<number>();
  /** Ids that no other node is asked to release, by the number of uses. */
  readonly #left = new Map<string, number>();

  constructor(options: NodeOwnershipOptions) {
    this.#options = options;
  }

  /** Whether a node is a part of this server. One of an earlier process with the same address is not. */
  isOwn({ node }: Owner): boolean {
    return this.#own.has(node);
  }

  /** Whether every part of this server surely counts as alive. */
  isSure(): boolean {
    return [...this.#own].every((node) => this.isHeld(node));
  }

  /** Does something that claims a conversation only if no other node holds it. */
  async leavingToOthers<T>(conversationId: string, work: () => Promise<T>): Promise<T> {
    this.#left.set(conversationId, (this.#left.get(conversationId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const uses = (this.#left.get(conversationId) ?? 1) - 1;
      if (uses === 0) this.#left.delete(conversationId);
      else this.#left.set(conversationId, uses);
    }
  }

  async join({ yield: _, ...options }: NodeOptions = {}): Promise<number> {
    const { ownership, address } = this.#options;
    const node: number = await ownership.join({
      ...options,
      address,
      died: () => {
        this.#own.delete(node);
        options.died?.();
      },
    });
    this.#own.add(node);
    return node;
  }

  async claim(node: number, conversationId: string): Promise<ClaimOutcome> {
    const { ownership, askToYield } = this.#options;
    const outcome = await ownership.claim(node, conversationId);
    if (!("owner" in outcome) || this.#left.has(conversationId)) return outcome;
    const { owner } = outcome;
    if (owner.address === undefined || this.isOwn(owner)) return outcome;
    await askToYield({ ...owner, address: owner.address }, conversationId);
    return ownership.claim(node, conversationId);
  }

  release(conversationId: string, fence: number): Promise<void> {
    return this.#options.ownership.release(conversationId, fence);
  }

  ownerOf(conversationId: string): Promise<Owner | undefined> {
    return this.#options.ownership.ownerOf(conversationId);
  }

  adopt(node: number, limit: number) {
    return this.#options.ownership.adopt(node, limit);
  }

  nodes(): Promise<LivingNode[]> {
    return this.#options.ownership.nodes();
  }

  isHeld(node: number): boolean {
    return this.#options.ownership.isHeld(node);
  }

  async leave(node: number): Promise<void> {
    await this.#options.ownership.leave(node);
    this.#own.delete(node);
  }
}
