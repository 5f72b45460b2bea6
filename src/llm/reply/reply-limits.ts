import { LlmError } from "../llm-error.ts";

const MIB = 1024 * 1024;

/** Bounds on the reply of a model. */
export interface ReplyLimits {
  /** Bytes of the whole answer, unpacked. */
  bytes: number;
  /** Characters of one part: a text, reasoning, or the arguments of one call. */
  characters: number;
  /** Tool calls. */
  calls: number;
}

/**
 * The default bounds. The longest replies of today's models are 128,000 tokens: half a million characters, or a few
 * megabytes as a stream. Models that may call tools at once make fewer than 130 calls in a reply.
 */
export const REPLY_LIMITS: ReplyLimits = { bytes: 32 * MIB, characters: 4 * MIB, calls: 1_000 };

/** A reply past a bound. The message is meant for the model as well. */
export function tooLarge(excess: string): LlmError {
  return new LlmError("LLMReplyTooLargeError", `The reply of the model is too large: ${excess}.`);
}
