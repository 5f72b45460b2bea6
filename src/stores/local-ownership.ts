import type { Adopted, ClaimOutcome, LivingNode, NodeOptions, Owner, Ownership } from "./ownership.ts";
import { ownershipLost } from "./refusals.ts";
import type { ConversationHeader, ConversationStore } from "./store.ts";

/** Number of running conversations, the oldest, among which those without a living node are looked for. */
const LOOK = 1_000;

interface Held {
  node: number;
  fence: number;
}

/**
 * Ownership among the servers of one process, for stores that only one process has open. Such a store asks
 * `assertHeld`. Nodes die only by `bury`.
 */
export class LocalOwnership implements Ownership {
  readonly #conversations: ConversationStore | undefined;
  readonly #nodes = new Map<number, NodeOptions>();
  readonly #held = new Map<string, Held>();
  /** Ids that were held by a node when it left or died, and not claimed since. */
  readonly #orphans = new Set<string>();
  #lastNode = 0;
  #lastFence = 0;

  /** `conversations` are those of the store, for machines and for `adopt`. Default: no conversation is bound or adopted. */
  constructor(conversations?: ConversationStore) {
    this.#conversations = conversations;
  }

  async join(options: NodeOptions = {}): Promise<number> {
    this.#lastNode += 1;
    this.#nodes.set(this.#lastNode, options);
    return this.#lastNode;
  }

  async claim(node: number, conversationId: string): Promise<ClaimOutcome> {
    this.#assertAlive(node);
    const machine = await this.#foreignMachine(node, conversationId);
    const holder = this.#held.get(conversationId)?.node;
    if (machine === undefined && holder !== undefined && holder !== node) {
      await this.#nodes.get(holder)?.yield?.(conversationId);
    }
    // Looked up again: meanwhile another claim may have been made, or the node have died.
    const owner = this.#held.get(conversationId)?.node;
    if (owner !== undefined && owner !== node) return { owner: this.#ownerOf(owner) };
    if (machine !== undefined) return this.#nodeOf(machine);
    return { fence: this.#take(node, conversationId) };
  }

  async release(conversationId: string, fence: number): Promise<void> {
    if (this.#held.get(conversationId)?.fence === fence) this.#held.delete(conversationId);
  }

  async ownerOf(conversationId: string): Promise<Owner | undefined> {
    const node = this.#held.get(conversationId)?.node;
    return node === undefined ? undefined : this.#ownerOf(node);
  }

  async adopt(node: number, limit: number): Promise<Adopted[]> {
    this.#assertAlive(node);
    const found = await this.#withoutOwner();
    const adopted: Adopted[] = [];
    for (const header of found) {
      if (adopted.length >= limit) break;
      const place = this.#placeOf(node, header);
      if (place === "elsewhere" || this.#held.has(header.id)) continue;
      adopted.push({ conversationId: header.id, fence: this.#take(node, header.id), ...place });
    }
    return adopted;
  }

  async nodes(): Promise<LivingNode[]> {
    return [...this.#nodes].map(([node, { machine }]) => ({
      ...this.#ownerOf(node),
      ...(machine !== undefined && { machine }),
    }));
  }

  isHeld(node: number): boolean {
    return this.#nodes.has(node);
  }

  async leave(node: number): Promise<void> {
    this.#nodes.delete(node);
    for (const [conversationId, held] of [...this.#held]) {
      if (held.node !== node) continue;
      this.#held.delete(conversationId);
      this.#orphans.add(conversationId);
    }
  }

  /** Makes a node die, as if it had been silent for too long. An unknown node is fine. */
  bury(node: number): void {
    const options = this.#nodes.get(node);
    void this.leave(node);
    options?.died?.();
  }

  /** Ends the claim on a conversation that is removed. */
  forget(conversationId: string): void {
    this.#held.delete(conversationId);
    this.#orphans.delete(conversationId);
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

  #take(node: number, conversationId: string): number {
    this.#assertAlive(node);
    this.#lastFence += 1;
    this.#held.set(conversationId, { node, fence: this.#lastFence });
    this.#orphans.delete(conversationId);
    return this.#lastFence;
  }

  #assertAlive(node: number): void {
    if (!this.#nodes.has(node)) throw ownershipLost();
  }

  #ownerOf(node: number): Owner {
    const address = this.#nodes.get(node)?.address;
    return { node, ...(address !== undefined && { address }) };
  }

  /** The machine that a conversation is bound to, if it is not that of the node. */
  async #foreignMachine(node: number, conversationId: string): Promise<string | undefined> {
    const own = this.#nodes.get(node)?.machine;
    if (own === undefined) return undefined;
    const machine = (await this.#conversations?.find([conversationId], []))?.[0]?.machine;
    return machine === own ? undefined : machine;
  }

  #nodeOf(machine: string): ClaimOutcome {
    for (const [node, options] of this.#nodes) {
      if (options.machine === machine) return { owner: this.#ownerOf(node) };
    }
    return { away: machine };
  }

  /** Says whether a node may adopt a conversation: in its place, away from it, or not at all. */
  #placeOf(node: number, { machine, status }: ConversationHeader): { away?: string } | "elsewhere" {
    const own = this.#nodes.get(node)?.machine;
    if (machine === undefined || own === undefined || machine === own) return {};
    return status === "running" && "away" in this.#nodeOf(machine) ? { away: machine } : "elsewhere";
  }

  async #withoutOwner(): Promise<ConversationHeader[]> {
    if (this.#conversations === undefined) return [];
    const query = { status: "running", sortOrder: "CREATED_AT", limit: LOOK, documents: [] } as const;
    const running = await this.#conversations.search(query);
    const left = [...this.#orphans];
    const orphans = await this.#conversations.find(left, []);
    const found = new Map([...running, ...orphans].map((header) => [header.id, header]));
    for (const id of left) {
      if (found.get(id)?.agentOf !== undefined || !found.has(id)) this.#orphans.delete(id);
    }
    return [...found.values()].filter(({ id, agentOf }) => agentOf === undefined && !this.#held.has(id));
  }
}
