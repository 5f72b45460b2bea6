import type { Cipher } from "../../secrets/cipher.ts";
import { sealSecrets, sealSources } from "../../secrets/secret-fields.ts";
import type { StoredConversation } from "./conversation-documents.ts";

/** The parts of a conversation that hold secrets, open. */
export type OpenSecrets = Pick<StoredConversation, "agent" | "secrets">;

/**
 * Secrets of conversations that the store cannot have, because there is no key to seal them with. They live as long as
 * the process. With a key, nothing is kept here.
 */
export class UnsealedSecrets {
  readonly #kept = new Map<string, OpenSecrets>();
  readonly #isNeeded: boolean;

  constructor(cipher: Cipher | undefined) {
    this.#isNeeded = cipher === undefined;
  }

  /** Replaces what is kept of the conversation. */
  keep(conversationId: string, { agent, secrets }: OpenSecrets): void {
    if (!this.#isNeeded) return;
    // Sealing without a key removes secrets, and returns the same object where there are none.
    const isHarmless = sealSecrets(agent, undefined) === agent && sealSources(secrets, undefined) === secrets;
    if (isHarmless) this.#kept.delete(conversationId);
    else this.#kept.set(conversationId, { agent, secrets });
  }

  of(conversationId: string): OpenSecrets | undefined {
    return this.#kept.get(conversationId);
  }

  forget(conversationId: string): void {
    this.#kept.delete(conversationId);
  }
}
