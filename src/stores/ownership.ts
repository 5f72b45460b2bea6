/** A living node, as others find it. */
export interface Owner {
  /** Id of the node. */
  readonly node: number;
  /** Base URL where other nodes reach it; left out when they do not. */
  readonly address?: string;
}

/** A living node, with the machine it runs on. */
export interface LivingNode extends Owner {
  /** Left out when the node has named none. */
  readonly machine?: string;
}

/**
 * A claim on a conversation, or the living node to turn to: the one that holds it or, if none does and the conversation
 * is bound to another machine, one of that machine. `away` is the machine of a conversation when no node of it lives.
 */
export type ClaimOutcome = { readonly fence: number } | { readonly owner: Owner } | { readonly away: string };

/** A conversation that was taken over. */
export interface Adopted {
  /** Dashed UUID in lower case. */
  readonly conversationId: string;
  /** Fence of the new claim. */
  readonly fence: number;
  /** Its machine when no node of that lives, so that it cannot go on. */
  readonly away?: string;
}

/** How a node takes part. */
export interface NodeOptions {
  /** Base URL where other nodes reach this one. Default: they do not. */
  address?: string | undefined;
  /**
   * The machine this node runs on. It claims conversations that are bound to no machine or to this one. Default: it
   * claims all.
   */
  machine?: string | undefined;
  /**
   * Called when another node claims a conversation that this one holds. Resolves once the conversation is released, or
   * when it cannot be: then the claim of the other node is refused. A store that spans processes need not call it.
   */
  yield?(conversationId: string): Promise<void>;
  /**
   * Called once when the others count this node as dead: its claims have ended. The node must drop everything that it
   * held, without a write, and join again. Not called after `leave`. Must not throw.
   */
  died?(): void;
}

/**
 * Decides which of the servers that share a store may write a conversation. Each server is a node. A claim has a fence;
 * changes carry it, and the store refuses those of an earlier claim, so that a server that is presumed dead and wakes
 * up cannot harm the log.
 *
 * - At most one living node holds a conversation. Of claims made at the same moment, one succeeds.
 * - Each claim on a conversation has a greater fence than those before it. A node that claims what it holds gets a new
 *   fence, too.
 * - A claim ends by `release`, by a later claim, by the removal of the conversation, or when its node leaves or dies.
 *   A change with the fence of a claim that has ended rejects with `ownership_lost` and changes nothing.
 * - A node that has left or died stays dead: `claim` and `adopt` reject with `ownership_lost`.
 * - A conversation whose header names a machine is claimed by nodes of that machine only.
 * - Other ids can be claimed too: a server claims each bash command that it runs, by the id of the command. Those are
 *   never adopted, and neither are sub-agents, which their parents look after.
 * - Claims are not part of the data. They may end with all processes: what is running then has no living node.
 * - Where nodes can die, only a node that was itself alive without a break for the time after which silence counts as
 *   death may bury others: an outage of the store kills none.
 */
export interface Ownership {
  /** Adds a node. Resolves with its id, which is never used again. */
  join(options?: NodeOptions): Promise<number>;
  /** Claims a conversation for a node. Another living node that holds it and does not yield is returned as `owner`. */
  claim(node: number, conversationId: string): Promise<ClaimOutcome>;
  /** Ends the claim with this fence. An earlier claim that has ended is fine. */
  release(conversationId: string, fence: number): Promise<void>;
  /** The living node that holds a conversation; undefined without one. */
  ownerOf(conversationId: string): Promise<Owner | undefined>;
  /**
   * Buries the dead, and claims for a node up to `limit` conversations that no living node holds: those with the status
   * running, and those that a node held when it died or left, whatever their status. Each is given to one node. Those
   * of a machine without a living node are included while they are running, with `away`.
   */
  adopt(node: number, limit: number): Promise<Adopted[]>;
  /** The living nodes, in the order in which they joined. */
  nodes(): Promise<LivingNode[]>;
  /**
   * Whether the others surely count a node as alive at this moment. While it is false, the node must begin nothing that
   * only the holder of a conversation may do. It can become true again, unless the node has died.
   */
  isHeld(node: number): boolean;
  /** Removes a node and ends its claims; what it still held can be adopted. An unknown node is fine. */
  leave(node: number): Promise<void>;
}
