import { setTimeout as sleep } from "node:timers/promises";
import { AgentServerError } from "../errors.ts";
import type { NodeSeat } from "../stores/nodes/node-seat.ts";
import { toDashed } from "../wire/ids.ts";

/** Milliseconds between two looks at a claim that is in doubt. */
const LOOK = 100;

/** The claim of this server on a command that it runs. */
export interface CommandClaim {
  /** Whether the others have counted this server as dead. They end the command, of which nothing more may be stored. */
  readonly isLost: boolean;
  /**
   * Waits until the others surely count this server as alive.
   *
   * @throws AgentServerError `unavailable` once the claim is lost, and when the signal aborts while it is in doubt.
   */
  assured(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
}

interface Taken {
  readonly node: number;
  readonly lose: () => void;
}

/** The claims of one server on commands, by which other servers see that they are running. */
export class CommandClaims {
  readonly #seat: NodeSeat;
  readonly #taken = new Set<Taken>();

  constructor(seat: NodeSeat) {
    this.#seat = seat;
    seat.add({
      died: (dead) => {
        for (const { node, lose } of this.#taken) if (node === dead) lose();
      },
    });
  }

  /** Claims a new command. `lost` is called when the claim is lost. */
  async take(commandId: string, lost: () => void): Promise<CommandClaim> {
    const id = toDashed(commandId);
    const outcome = await this.#seat.claim(id);
    if (!("fence" in outcome)) throw new AgentServerError("conflict", `Another server runs command ${id}`);
    const { node, fence } = outcome;
    let isLost = false;
    const lose = () => {
      isLost = true;
      lost();
    };
    const taken = { node, lose };
    this.#taken.add(taken);
    return {
      get isLost() {
        return isLost;
      },
      assured: async (signal) => {
        while (!this.#seat.isHeld(node)) {
          if (isLost || signal.aborted) throw countedAsDead();
          await sleep(LOOK, undefined, { signal }).catch(() => undefined);
        }
      },
      release: async () => {
        this.#taken.delete(taken);
        await this.#seat.release(id, fence);
      },
    };
  }

  /** Does something about a command that no living server runs. Only one server does so at a time. */
  async ifAbandoned(commandId: string, work: () => Promise<void>): Promise<void> {
    const id = toDashed(commandId);
    if (await this.#seat.isClaimed(id)) return;
    const outcome = await this.#seat.claim(id);
    if (!("fence" in outcome)) return;
    try {
      await work();
    } finally {
      await this.#seat.release(id, outcome.fence);
    }
  }
}

function countedAsDead(): AgentServerError {
  return new AgentServerError(
    "unavailable",
    "The other servers do not count this one as alive: its command was ended",
  );
}
