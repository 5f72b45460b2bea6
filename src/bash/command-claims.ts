import type { Ownership } from "../stores/ownership.ts";
import { toDashed } from "../wire/ids.ts";

/** The claims of one server on the commands that it runs, by which other servers see that they are running. */
export class CommandClaims {
  readonly #ownership: Ownership;
  #node: Promise<number> | undefined;

  constructor(ownership: Ownership) {
    this.#ownership = ownership;
  }

  /** Claims a new command. Resolves with a function that ends the claim. */
  async take(commandId: string): Promise<() => Promise<void>> {
    this.#node ??= this.#ownership.join().catch((error: unknown) => {
      this.#node = undefined;
      throw error;
    });
    const id = toDashed(commandId);
    const outcome = await this.#ownership.claim(await this.#node, id);
    return async () => {
      if ("fence" in outcome) await this.#ownership.release(id, outcome.fence);
    };
  }

  /** Whether any living server runs the command. */
  async isRunning(commandId: string): Promise<boolean> {
    return (await this.#ownership.ownerOf(toDashed(commandId))) !== undefined;
  }

  /** Ends all claims of this server. */
  async leave(): Promise<void> {
    if (this.#node !== undefined) await this.#ownership.leave(await this.#node);
  }
}
