import type { MessageEvent, ObservationEvent } from "../../wire/events/events.ts";
import { type Content, message, readableText } from "../../wire/events/message.ts";

export function messageText(event: MessageEvent): string {
  return readableText(message.parse(event.llm_message).content);
}

export function observationText({ observation }: ObservationEvent): string {
  return readableText((observation.content ?? []) as Content[]);
}
