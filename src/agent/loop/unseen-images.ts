import type { Llm, LlmRequest } from "../../llm/llm.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { agentSays } from "./messages.ts";

/**
 * Whether the user's last message has an image and the model cannot see images. Older images and images from tools
 * are only left out of the prompt, so the conversation goes on once the user writes in words or changes the model.
 */
export function hasUnseenImage({ vision }: Llm, messages: LlmRequest["messages"]): boolean {
  if (vision !== false) return false;
  const last = messages.findLast(({ role }) => role === "user");
  return last?.content.some(({ type }) => type === "image") ?? false;
}

/** Tells the user about the image, instead of answering as if there were none. */
export function unseenImageMessage(model: string): NewEvent {
  return agentSays(
    `Your message has an image, but the model in use (${model}) cannot see images. Describe in words what it shows, ` +
      "or choose a model that takes images.",
  );
}
