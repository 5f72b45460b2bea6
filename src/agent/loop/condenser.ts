import type { NewEvent } from "../../wire/events/events.ts";
import { errorEvent } from "../error-classification.ts";
import type { LoopContext, LoopExtension, LoopView, ModelVerdict } from "./extension.ts";

/** Event that makes the prompt shorter: `forgotten_event_ids` leave it, `summary` stands in their place. */
export type NewCondensation = Extract<NewEvent, { kind: "Condensation" }>;

/** Makes room in the prompt. Asked before every call of the model. */
export interface Condenser {
  /** Whether a CondensationRequest in the log makes it condense. */
  readonly handlesRequests: boolean;
  /**
   * Returns what to forget, or null to send the prompt as it is. `view.events` holds what can be forgotten, oldest
   * first. Rejects with `NoCondensation` when the prompt cannot be sent as it is, and nothing can be forgotten.
   */
  condense(view: LoopView, context: LoopContext): NewCondensation | null | Promise<NewCondensation | null>;
}

/** A prompt has to be made shorter and cannot be. The name is the `code` of the ConversationErrorEvent. */
export class NoCondensation extends Error {
  override readonly name = "NoCondensationAvailableException";
}

/** Makes a condenser an extension of the loop. What it forgets ends the step; `NoCondensation` ends the run. */
export function condenseWith(condenser: Condenser): LoopExtension {
  return {
    name: "condenser",
    handlesCondensation: condenser.handlesRequests,
    async beforeModel(context) {
      try {
        const condensation = await condenser.condense(context.view, context);
        return condensation === null ? undefined : { events: [condensation], again: true };
      } catch (error) {
        if (!(error instanceof NoCondensation)) throw error;
        return { stop: "error", events: [errorEvent(error)] } satisfies ModelVerdict;
      }
    },
  };
}
