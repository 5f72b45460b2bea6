import type { Llm } from "../../llm/llm.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import type { LoopExtension, LoopView } from "./extension.ts";

/** Event that makes the prompt shorter: `forgotten_event_ids` leave it, `summary` stands in their place. */
export type NewCondensation = Extract<NewEvent, { kind: "Condensation" }>;

/** Makes room in the prompt. Asked before every call of the model. */
export interface Condenser {
  /** Whether a CondensationRequest in the log makes it condense. */
  readonly handlesRequests: boolean;
  /** Returns what to forget, or null to send the prompt as it is. `view.events` holds what can be forgotten, oldest first. */
  condense(
    view: LoopView,
    options: { llm: Llm; signal: AbortSignal },
  ): NewCondensation | null | Promise<NewCondensation | null>;
}

/** Makes a condenser an extension of the loop. */
export function condenseWith(condenser: Condenser): LoopExtension {
  return {
    name: "condenser",
    handlesCondensation: condenser.handlesRequests,
    async beforeModel({ view, llm, signal }) {
      const condensation = await condenser.condense(view, { llm, signal });
      return condensation === null ? undefined : { events: [condensation] };
    },
  };
}
