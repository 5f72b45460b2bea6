import type { ContentBlock } from "@agentclientprotocol/sdk";
import { messageOfEvent } from "../../agent/view/event-message.ts";
import type { PromptView } from "../../agent/view/prompt-view.ts";
import type { MessageEvent } from "../../wire/events/events.ts";
import { type Content, textOf } from "../../wire/events/message.ts";

/** Messages of hooks that send an agent back begin with it. */
const STOP_FEEDBACK = "[Stop hook feedback]";

const NO_IMAGES = "[An image was left out here: this agent takes no images.]";

/** The messages of the active branch that a program is to be sent, one after the other. */
export function promptsIn({ events }: Pick<PromptView, "events">): MessageEvent[] {
  return events.filter(isPrompt);
}

/**
 * The first message after the one that was sent last. Where that one is not on the branch, from the beginning: the
 * program has not heard of what is there.
 */
export function promptAfter(
  prompts: readonly MessageEvent[],
  lastId: string | undefined,
): MessageEvent | undefined {
  const last = prompts.findIndex(({ id }) => id === lastId);
  return prompts[last + 1];
}

/** A message as a program takes it. Empty for one without words and images. */
export function blocksOf(event: MessageEvent, { takesImages }: { takesImages: boolean }): ContentBlock[] {
  return messageOfEvent(event).content.flatMap((part) => blocksOfPart(part, takesImages));
}

function isPrompt(event: PromptView["events"][number]): event is MessageEvent {
  if (event.kind !== "MessageEvent") return false;
  if (event.source === "user") return true;
  const { role, content } = messageOfEvent(event);
  return event.source === "environment" && role === "user" && textOf(content).startsWith(STOP_FEEDBACK);
}

function blocksOfPart(part: Content, takesImages: boolean): ContentBlock[] {
  if (part.type === "text") return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
  return part.image_urls.map((url) => (takesImages ? imageOf(url) : { type: "text", text: NO_IMAGES }));
}

function imageOf(url: string): ContentBlock {
  const [, mimeType, data] = /^data:([^;,]+)[^,]*,(.*)$/s.exec(url) ?? [];
  if (mimeType !== undefined && data !== undefined) return { type: "image", data, mimeType };
  return { type: "image", data: "", mimeType: "image/png", uri: url };
}
