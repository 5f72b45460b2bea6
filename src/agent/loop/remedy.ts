import type { LlmErrorName } from "../../llm/llm-error.ts";
import type { Event, NewEvent } from "../../wire/events/events.ts";
import { textOf } from "../../wire/events/message.ts";
import { messageOfEvent } from "../view/event-message.ts";
import type { PromptView } from "../view/prompt-view.ts";
import { isRemnant } from "../view/view-event.ts";
import { tellModel } from "./messages.ts";

const BLOCKED_REPLY =
  "Your last reply was held back by the content filter of the model's provider. Go on, in words that avoid what it " +
  "may have taken offence at.";
const SHORTER_REPLY =
  "It was not used. Reply in a shorter way: fewer calls at once, and long texts in several parts.";
/** Maximum number of times in a row that a model gets the same advice. */
const MAX_TOLD = 2;

export interface RemedyOptions {
  view: PromptView;
  /** Whether a CondensationRequest would be answered. */
  canCondense: boolean;
}

/**
 * Returns the event after which the next step may succeed where the model has failed. Throws the error when none can
 * help.
 */
export function remedyFor(error: Error, { view, canCondense }: RemedyOptions): NewEvent {
  switch (error.name as LlmErrorName) {
    // Clients know both of these as messages of the user.
    case "FunctionCallValidationError":
      return tellModel("user", error.message);
    case "LLMContentPolicyViolationError":
      if (isToldInVain(BLOCKED_REPLY, view)) throw error;
      return tellModel("user", BLOCKED_REPLY);
    case "LLMReplyTooLargeError":
      if (isToldInVain(SHORTER_REPLY, view)) throw error;
      return tellModel("environment", `${error.message} ${SHORTER_REPLY}`);
    case "LLMContextWindowExceedError":
    case "LLMMalformedConversationHistoryError":
      // A request that is still open did not help, and one without anything to forget would not either.
      if (!canCondense || view.condensationRequested || view.events.every(isRemnant)) throw error;
      return { kind: "CondensationRequest", source: "environment" };
    default:
      throw error;
  }
}

/** Tells whether the last replies all failed although the model had the advice. */
function isToldInVain(words: string, view: PromptView): boolean {
  const last = view.recent(MAX_TOLD);
  const tells = (event: Event) =>
    event.kind === "MessageEvent" && textOf(messageOfEvent(event).content).endsWith(words);
  return last.length === MAX_TOLD && last.every(tells);
}
