import { AgentServerError } from "../../errors.ts";
import type { Ownership } from "../../stores/ownership.ts";

/** The claims of one server on the conversations it has in memory. */
export class Claims {
  readonly #ownership: Ownership;
  readonly #yieldConversation: (id: string) => Promise<void>;
  #node: Promise<number> | undefined;

  /** `yieldConversation` is called when another server wants a conversation that this one holds. */
  constructor(ownership: Ownership, yieldConversation: (id: string) => Promise<void>) {
    this.#ownership = ownership;
    this.#yieldConversation = yieldConversation;
  }

  /** Claims a conversation and resolves with the fence. Rejects with `unavailable` while another server runs it. */
  async take(id: string): Promise<number> {
    this.#node ??= this.#ownership.join({ yield: this.#yieldConversation }).catch((error: unknown) => {
      this.#node = undefined;
      throw error;
    });
    const outcome = await this.#ownership.claim(await this.#node, id);
    if ("fence" in outcome) return outcome.fence;
    throw new AgentServerError(
      "unavailable",
      `Conversation ${id} is being run by another server (node ${outcome.owner}). Try again when that run has ended.`,
      { headers: { "retry-after": "1" } },
    );
  }

  release(id: string, fence: number): Promise<void> {
    return this.#ownership.release(id, fence);
  }

  /** Whether any living server holds the conversation. */
  async isHeld(id: string): Promise<boolean> {
    return (await this.#ownership.ownerOf(id)) !== undefined;
  }

  /** Ends all claims of this server. */
  async leave(): Promise<void> {
    if (this.#node !== undefined) await this.#ownership.leave(await this.#node);
  }
}
