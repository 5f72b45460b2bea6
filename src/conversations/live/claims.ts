import { AgentServerError } from "../../errors.ts";
import type { NodeSeat } from "../../stores/nodes/node-seat.ts";
import { heldElsewhere } from "../../stores/refusals.ts";

export interface ClaimsOptions {
  /** Called when another server wants a conversation that this one holds. */
  yield(id: string): Promise<void>;
  /** Called when the claims of this server under a node have ended with that. */
  died(node: number): void;
  /** Called when a claim could not be given back. It ends with the server, or with the next claim of it here. */
  unreleased(id: string, error: unknown): void;
}

/** A claim of this server. */
export interface Claim {
  readonly fence: number;
  /** The node of this server that has it. */
  readonly node: number;
}

/** The claims of one server on the conversations it has in memory. */
export class Claims {
  readonly #seat: NodeSeat;
  readonly #options: ClaimsOptions;

  constructor(seat: NodeSeat, options: ClaimsOptions) {
    this.#seat = seat;
    this.#options = options;
    seat.add(options);
  }

  /** Claims a conversation. Rejects with `unavailable` while another server runs it. */
  async take(id: string): Promise<Claim> {
    const outcome = await this.#seat.claim(id);
    if ("fence" in outcome) return outcome;
    throw "away" in outcome ? machineAway(id) : heldElsewhere(id, outcome.owner);
  }

  /** Gives a claim back. Never rejects, because that would hide the error for which it is given back. */
  async release(id: string, fence: number): Promise<void> {
    try {
      await this.#seat.release(id, fence);
    } catch (error) {
      this.#options.unreleased(id, error);
    }
  }

  /** Whether any living server holds the conversation. */
  isHeld(id: string): Promise<boolean> {
    return this.#seat.isClaimed(id);
  }

  /** Whether the others surely count this server as the holder at this moment. */
  isSure({ node }: Claim): boolean {
    return this.#seat.isHeld(node);
  }

  /** Ends all claims of this server. */
  leave(): Promise<void> {
    return this.#seat.leave();
  }
}

function machineAway(id: string): AgentServerError {
  return new AgentServerError(
    "unavailable",
    `Conversation ${id} is bound to a machine of which no server is there. Try again when one is.`,
    { headers: { "retry-after": "1" } },
  );
}
