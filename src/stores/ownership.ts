/** A claim on a conversation, or the node that holds it. */
export type ClaimOutcome = { readonly fence: number } | { readonly owner: number };

/** How a node takes part. */
export interface NodeOptions {
  /**
   * Called when another node claims a conversation that this one holds. Resolves once the conversation is released, or
   * when it cannot be: then the claim of the other node is refused. A store that spans processes need not call it.
   */
  yield?(conversationId: string): Promise<void>;
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
 * - Other ids can be claimed too: a server claims each bash command that it runs, by the id of the command.
 * - Claims are not part of the data: all claims of a process end with the process.
 */
export interface Ownership {
  /** Adds a node. Resolves with its id, which is never used again. */
  join(options?: NodeOptions): Promise<number>;
  /** Claims a conversation for a node. Another living node that holds it and does not yield is returned as `owner`. */
  claim(node: number, conversationId: string): Promise<ClaimOutcome>;
  /** Ends the claim with this fence. An earlier claim that has ended is fine. */
  release(conversationId: string, fence: number): Promise<void>;
  /** The living node that holds a conversation; undefined without one. */
  ownerOf(conversationId: string): Promise<number | undefined>;
  /** Removes a node and ends its claims. An unknown node is fine. */
  leave(node: number): Promise<void>;
}
