import { type Message, text } from "../../wire/events/message.ts";
import type { Llm } from "../llm.ts";
import { withComplete } from "./with-complete.ts";

const CONTINUE: Message = { role: "user", content: [text("Please continue.")] };
const EMPTY = "(This message is empty.)";
const UNSEEN = "(This message was an image, which this model cannot see.)";

/**
 * Gives a prompt the form that every provider accepts: it ends with a turn of the user or a tool, and no message of the
 * user is empty. Providers refuse other prompts, and the conversation could not go on.
 */
export function withSendablePrompt(llm: Llm): Llm {
  const filled = new WeakMap<Message, Message>();
  const fill = (message: Message): Message => {
    if (message.role !== "user") return message;
    const result = filled.get(message) ?? withContent(message, llm.vision !== false);
    filled.set(message, result);
    return result;
  };
  return withComplete(llm, async (request) => {
    const messages = request.messages.map(fill);
    const last = messages.at(-1)?.role;
    if (last !== "user" && last !== "tool") messages.push(CONTINUE);
    return llm.complete({ ...request, messages });
  });
}

function withContent(message: Message, sees: boolean): Message {
  return hasContent(message, sees) ? message : { ...message, content: [text(placeholderFor(message))] };
}

function hasContent({ content }: Message, sees: boolean): boolean {
  return content.some((part) =>
    part.type === "text" ? part.text.trim() !== "" : sees && part.image_urls.length > 0,
  );
}

function placeholderFor({ content }: Message): string {
  return content.some((part) => part.type === "image" && part.image_urls.length > 0) ? UNSEEN : EMPTY;
}
