import { type Message, text } from "../../wire/events/message.ts";
import { assistantMessage, messageOfEvent, resultMessage, systemMessage } from "./event-message.ts";
import type { ViewEvent } from "./view-event.ts";

/** Converts one event to a separate message, as if it stood alone: calls of one reply share a message in a prompt. */
export function messageOfViewEvent(event: ViewEvent): Message {
  switch (event.kind) {
    case "SystemPromptEvent":
      return systemMessage(event);
    case "MessageEvent":
      return messageOfEvent(event);
    case "CondensationSummaryEvent":
      return { role: "user", content: [text(event.summary)] };
    case "ActionEvent":
      return assistantMessage([event]);
    default:
      return resultMessage(event);
  }
}
