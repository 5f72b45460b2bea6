import type { NewEvent } from "../../wire/events/events.ts";
import { text } from "../../wire/events/message.ts";
import type { AgentSession } from "./session.ts";

/**
 * Whether the user's last words bring an image that the model cannot see. Older images and those of tools are only
 * left out of the prompt: the conversation goes on when the user goes on in words, or with another model.
 */
export function hasUnseenImage({ llm, view }: Pick<AgentSession, "llm" | "view">): boolean {
  if (llm.vision !== false) return false;
  const last = view.messages().findLast(({ role }) => role === "user");
  return last?.content.some(({ type }) => type === "image") ?? false;
}

/** What the agent says instead of answering as if there were no image. */
export function unseenImageMessage(model: string): NewEvent {
  const words =
    `Your message has an image, but the model in use (${model}) cannot see images. Describe in words what it shows, ` +
    "or choose a model that takes images.";
  return {
    kind: "MessageEvent",
    source: "agent",
    llm_message: { role: "assistant", content: [text(words)], thinking_blocks: [] },
    activated_skills: [],
    extended_content: [],
  };
}
