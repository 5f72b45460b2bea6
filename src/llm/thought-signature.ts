import type { ThinkingBlock } from "../wire/events/message.ts";

const PREFIX = "gemini-thought:";

/**
 * Gemini signs its thoughts on a tool call and refuses the call's replay without that signature. It travels as a
 * redacted thinking block, the one place of a message that every client stores and gives back unread.
 */
export function toThoughtBlock(signature: string): ThinkingBlock {
  return { type: "redacted_thinking", data: PREFIX + signature };
}

/** The signature of such a block; undefined for a block of another origin. */
export function thoughtSignature(block: ThinkingBlock): string | undefined {
  if (block.type !== "redacted_thinking" || !block.data.startsWith(PREFIX)) return undefined;
  return block.data.slice(PREFIX.length);
}
