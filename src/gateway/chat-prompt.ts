import type { Content } from "../wire/events/message.ts";
import type { ChatCompletionRequest, ChatMessage } from "../wire/gateway/chat-completions.ts";
import { type GatewayPrompt, imagePart, refusal, textPart, wordsOf } from "./prompt.ts";

type ContentPart = Extract<ChatMessage["content"], readonly unknown[]>[number];

/**
 * Reads a chat: its last message of the user, and the words of its system and developer messages. What lies before that
 * message is not sent: the conversation has it, or the client sends too little for it to matter.
 *
 * @throws AgentServerError `bad_request` without a message of the user, and for parts that are neither text nor image
 */
export function chatPrompt({ model, messages }: ChatCompletionRequest): GatewayPrompt {
  const last = messages.findLast(({ role }) => role === "user");
  if (last === undefined) throw refusal("At least one user message is required");
  const system = messages
    .filter(({ role }) => role === "system" || role === "developer")
    .map((message) => wordsOf(partsOf(message)))
    .filter((words) => words !== "")
    .join("\n\n");
  return { model, system, content: partsOf(last) };
}

function partsOf({ content }: ChatMessage): Content[] {
  if (content === null) return [];
  return typeof content === "string" ? [textPart(content)] : content.flatMap(toParts);
}

function toParts({ type, text, image_url: image }: ContentPart): Content[] {
  switch (type) {
    case "text":
      return text ? [textPart(text)] : [];
    case "image_url":
      if (image === null) throw refusal("image_url content part is missing a url");
      return [imagePart(typeof image === "string" ? image : image.url)];
    default:
      throw refusal(`Unsupported content part type: ${type}`);
  }
}
