import type { MessageEvent } from "../../wire/events/events.ts";
import { message } from "../../wire/events/message.ts";

/** The text parts of a content list, images as `[image]`. */
export function textOf(content: unknown): string {
  const parts = Array.isArray(content) ? (content as { type?: string; text?: string }[]) : [];
  return parts.map(({ type, text }) => (type === "image" ? "[image]" : (text ?? ""))).join("\n");
}

export function messageText(event: MessageEvent): string {
  return textOf(message.parse(event.llm_message).content);
}
