import type { NewEvent } from "../../wire/events/events.ts";
import { agentSays } from "./messages.ts";
import type { AgentSession } from "./session.ts";

/**
 * Whether the user's last message has an image and the model cannot see images. Older images and images from tools
 * are only left out of the prompt, so the conversation goes on once the user writes in words or changes the model.
 */
export function hasUnseenImage({ llm, view }: Pick<AgentSession, "llm" | "view">): boolean {
  if (llm.vision !== false) return false;
  const last = view.messages().findLast(({ role }) => role === "user");
  return last?.content.some(({ type }) => type === "image") ?? false;
}

/** Tells the user about the image, instead of answering as if there were none. */
export function unseenImageMessage(model: string): NewEvent {
  return agentSays(
    `Your message has an image, but the model in use (${model}) cannot see images. Describe in words what it shows, ` +
      "or choose a model that takes images.",
  );
}
