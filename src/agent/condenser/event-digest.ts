import { type Content, text, textOf } from "../../wire/events/message.ts";
import { isResult, type ViewEvent } from "../view/view-event.ts";
import { messageOfViewEvent } from "../view/view-message.ts";

/**
 * UTF-16 code units of one text of an event that a summary is made of. Both ends of a text say more than either alone.
 */
const PREVIEW = 500;

/** Describes an event for the model that summarises it, in a few lines. */
export function eventDigest(event: ViewEvent): string {
  if (event.kind === "ActionEvent") {
    const { tool_name: tool, tool_call: call, thought } = event;
    const spoken = textOf(thought.map((part) => text(part.text)));
    return lines([
      `The agent calls ${tool}`,
      spoken && `Its words: ${preview(spoken)}`,
      `Arguments: ${preview(call.arguments)}`,
    ]);
  }
  const said = preview(contentText(messageOfViewEvent(event).content));
  if (isResult(event)) return lines([`Result of ${event.tool_name}:`, said]);
  switch (event.kind) {
    case "SystemPromptEvent":
      return lines(["Instructions of the agent:", said]);
    case "MessageEvent":
      return lines([`Message from the ${event.source}:`, said]);
    case "CondensationSummaryEvent":
      // What was summarised once is not there any more: it is read whole.
      return lines(["Summary of what came before:", event.summary]);
  }
}

function contentText(content: readonly Content[]): string {
  const images = content.flatMap((part) => (part.type === "image" ? part.image_urls : [])).length;
  const words = textOf(content, "\n");
  return images === 0 ? words : `${words}\n(${images} ${images === 1 ? "image" : "images"})`;
}

function preview(words: string): string {
  return shorten(words, PREVIEW);
}

/** Cuts the middle out of a text that is longer than `length`. */
export function shorten(words: string, length: number): string {
  if (words.length <= length) return words;
  const head = Math.ceil(length / 2);
  return `${words.slice(0, head)} […] ${words.slice(words.length - Math.floor(length / 2))}`;
}

function lines(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}
