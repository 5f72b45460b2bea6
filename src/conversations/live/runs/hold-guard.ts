import { setTimeout } from "node:timers/promises";
import { AgentServerError } from "../../../errors.ts";
import { withComplete } from "../../../llm/decorators/with-complete.ts";
import type { CreateLlm } from "../conversation-context.ts";

/** Milliseconds between two looks at the claim. */
const LOOK_PERIOD = 50;
/** Looks after which it is given up, if not said otherwise: 30 s. */
const MAX_LOOKS = 600;

export interface HoldGuardOptions {
  /** Whether the conversation is surely held by this server. */
  isHeld(): boolean;
  /** Called when it is given up. The run must end without a write then. */
  givenUp(error: AgentServerError): void;
  /** Looks at the claim, 50 ms apart, after which it is given up. Default: 600. */
  maxLooks?: number | undefined;
}

/**
 * Holds back what cannot be taken back, calls of models and tools, while another server may have taken over. The fence
 * protects the log, this the rest of the world.
 */
export class HoldGuard {
  readonly #options: HoldGuardOptions;

  constructor(options: HoldGuardOptions) {
    this.#options = options;
  }

  /** Resolves while the conversation is held. Rejects after an abort, and with `unavailable` when it is given up. */
  async pass(signal?: AbortSignal): Promise<void> {
    const { isHeld, maxLooks = MAX_LOOKS } = this.#options;
    for (let looks = 0; !isHeld(); looks += 1) {
      signal?.throwIfAborted();
      if (looks === maxLooks) throw this.#giveUp();
      await setTimeout(LOOK_PERIOD, undefined, { ref: false });
    }
  }

  #giveUp(): AgentServerError {
    const error = new AgentServerError(
      "unavailable",
      "The store has not confirmed for too long that this server may run the conversation",
    );
    this.#options.givenUp(error);
    return error;
  }
}

/** Models whose calls wait while another server may have taken over. */
export function guardedModels(createLlm: CreateLlm, guard: HoldGuard): CreateLlm {
  return (config, use) => {
    const llm = createLlm(config, use);
    return withComplete(llm, async (request) => {
      await guard.pass(request.signal);
      return llm.complete(request);
    });
  };
}
