import type { ThinkingBlock } from "../wire/events/message.ts";

const PREFIX = "gemini-thought:";

/** The mark that Gemini takes in the place of its signature, for a call that another model made. */
export const SKIPPED_SIGNATURE = "skip_thought_signature_validator";

/**
 * Wraps Gemini's signature of a tool call, without which it refuses the call in a later prompt. The signature travels
 * as a redacted thinking block: clients store such blocks and return them unread.
 */
export function toThoughtBlock(signature: string): ThinkingBlock {
  return { type: "redacted_thinking", data: PREFIX + signature };
}

/** Reads the signature back; undefined for a block of another origin. */
export function thoughtSignature(block: ThinkingBlock): string | undefined {
  if (block.type !== "redacted_thinking" || !block.data.startsWith(PREFIX)) return undefined;
  return block.data.slice(PREFIX.length);
}
