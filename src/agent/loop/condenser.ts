import type { Llm } from "../../llm/llm.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import type { PromptView } from "../view/prompt-view.ts";

type NewCondensation = Extract<NewEvent, { kind: "Condensation" }>;

/** Makes room in the prompt. Asked before every model call. */
export interface Condenser {
  /** Whether a `CondensationRequest` in the log makes it condense. */
  readonly handlesRequests: boolean;
  /** What to forget, or null to send the view as it is. */
  condense(view: PromptView, options: { llm: Llm; signal: AbortSignal }): Promise<NewCondensation | null>;
}
