import type { NodeSeat } from "../stores/nodes/node-seat.ts";
import { toDashed } from "../wire/ids.ts";

/** The claims of one server on the commands that it runs, by which other servers see that they are running. */
export class CommandClaims {
  readonly #seat: NodeSeat;

  constructor(seat: NodeSeat) {
    this.#seat = seat;
  }

  /** Claims a new command. Resolves with a function that ends the claim. */
  async take(commandId: string): Promise<() => Promise<void>> {
    const id = toDashed(commandId);
    const outcome = await this.#seat.claim(id);
    return async () => {
      if ("fence" in outcome) await this.#seat.release(id, outcome.fence);
    };
  }

  /** Whether any living server runs the command. */
  isRunning(commandId: string): Promise<boolean> {
    return this.#seat.isClaimed(toDashed(commandId));
  }
}
