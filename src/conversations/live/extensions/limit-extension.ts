import { errorEvent } from "../../../agent/error-classification.ts";
import type { LoopExtension, ModelVerdict } from "../../../agent/loop/extension.ts";
import { allowance, type Reached } from "../../../limits/refusals.ts";
import type { BuiltInParts } from "./built-in-parts.ts";

/**
 * Pauses a run before a call of the model when its client has used up its tokens or cost. The call before may exceed
 * them, and so may those of other runs at the same time. A sub-agent ends, and its parent is paused when its turn comes.
 */
export function limitExtension({ client, config }: BuiltInParts): LoopExtension {
  return {
    name: "limits",
    async beforeModel(): Promise<ModelVerdict | undefined> {
      const reached = await client.usedUp();
      if (reached === undefined) return undefined;
      const stop = config.sub_agent === undefined ? "paused" : "error";
      return { stop, events: [errorEvent(new LimitReached(reached))] };
    },
  };
}

/** A limit of a client is reached. The name is the `code` of the ConversationErrorEvent, which clients know. */
class LimitReached extends Error {
  override readonly name = "MaxBudgetReached";

  constructor(reached: Reached) {
    const when = `Start it again in ${reached.seconds.toLocaleString("en")} seconds.`;
    super(`${allowance(reached)}, and has used them. The agent is paused. ${when}`);
  }
}
