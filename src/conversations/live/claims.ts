import { AgentServerError } from "../../errors.ts";
import type { ClaimOutcome, Ownership } from "../../stores/ownership.ts";
import { isOwnershipLost } from "../../stores/refusals.ts";

export interface ClaimsOptions {
  /** Called when another server wants a conversation that this one holds. */
  yield(id: string): Promise<void>;
  /** Called when a claim could not be given back. It ends with the server, or with the next claim of it here. */
  unreleased(id: string, error: unknown): void;
}

/** The claims of one server on the conversations it has in memory. */
export class Claims {
  readonly #ownership: Ownership;
  readonly #options: ClaimsOptions;
  #node: Promise<number> | undefined;

  constructor(ownership: Ownership, options: ClaimsOptions) {
    this.#ownership = ownership;
    this.#options = options;
  }

  /** Claims a conversation and resolves with the fence. Rejects with `unavailable` while another server runs it. */
  async take(id: string): Promise<number> {
    const outcome = await this.#claim(id);
    if ("fence" in outcome) return outcome.fence;
    throw new AgentServerError(
      "unavailable",
      "away" in outcome ? machineAway(id) : heldElsewhere(id, outcome.owner.node),
      { headers: { "retry-after": "1" } },
    );
  }

  /** Gives a claim back. Never rejects, because that would hide the error for which it is given back. */
  async release(id: string, fence: number): Promise<void> {
    try {
      await this.#ownership.release(id, fence);
    } catch (error) {
      this.#options.unreleased(id, error);
    }
  }

  /** Whether any living server holds the conversation. */
  async isHeld(id: string): Promise<boolean> {
    return (await this.#ownership.ownerOf(id)) !== undefined;
  }

  /** Ends all claims of this server. */
  async leave(): Promise<void> {
    if (this.#node !== undefined) await this.#ownership.leave(await this.#node);
  }

  /** Joins again when the others count this node as dead. */
  async #claim(id: string): Promise<ClaimOutcome> {
    const node = this.#join();
    try {
      return await this.#ownership.claim(await node, id);
    } catch (error) {
      if (!isOwnershipLost(error)) throw error;
      if (this.#node === node) this.#node = undefined;
      return this.#ownership.claim(await this.#join(), id);
    }
  }

  #join(): Promise<number> {
    this.#node ??= this.#ownership.join({ yield: this.#options.yield }).catch((error: unknown) => {
      this.#node = undefined;
      throw error;
    });
    return this.#node;
  }
}

function heldElsewhere(id: string, node: number): string {
  return `Conversation ${id} is being run by another server (node ${node}). Try again when that run has ended.`;
}

function machineAway(id: string): string {
  return `Conversation ${id} is bound to a machine of which no server is there. Try again when one is.`;
}
