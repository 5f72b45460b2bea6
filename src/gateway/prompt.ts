import { AgentServerError } from "../errors.ts";
import type { Content } from "../wire/events/message.ts";

/** A request to the gateway as a conversation takes it. */
export interface GatewayPrompt {
  /** Model of the gateway, such as `openhands_default`. */
  model: string;
  /** Words for the system prompt of a new conversation. Empty for none. */
  system: string;
  /** The message of the user. */
  content: Content[];
}

export function textPart(text: string): Content {
  return { type: "text", text, cache_prompt: false };
}

export function imagePart(url: string): Content {
  return { type: "image", image_urls: [url], cache_prompt: false };
}

/** The words among the parts of a message, one part in a line. */
export function wordsOf(parts: readonly Content[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

export function refusal(detail: string): AgentServerError {
  return new AgentServerError("bad_request", detail);
}
