import type { Message } from "../wire/events/message.ts";

/** A tool as the model sees it. `parameters` is a JSON schema of type object. */
export interface ToolSchema {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

export interface LlmRequest {
  /** The whole prompt, oldest first. Messages are never changed in place: providers may cache by identity. */
  messages: readonly Message[];
  tools: readonly ToolSchema[];
  signal: AbortSignal;
  /** Pieces of the reply while it is written, only when the model is configured to stream. */
  onDelta?: (delta: LlmDelta) => void;
  /** Lets providers keep one conversation on one cache. */
  conversationId?: string;
  /** Texts before which the model stops writing. Left out for models that know no such thing. */
  stop?: readonly string[];
}

export interface LlmDelta {
  content?: string;
  reasoning_content?: string;
}

export interface LlmUsage {
  prompt_tokens: number;
  completion_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  reasoning_tokens: number;
}

export interface LlmReply {
  /** Role assistant. */
  message: Message;
  /** The provider's id of the reply, or one made up here. */
  id: string;
  model: string;
  /** null when the provider reported none. */
  usage: LlmUsage | null;
  /** US dollars; 0 when the price is not known. */
  cost: number;
  /** Tokens the model can take in; 0 when not known. */
  contextWindow: number;
  /** Seconds from request to whole reply. */
  latency: number;
}

/**
 * A language model. `complete` resolves with the whole reply; deltas are a side channel that never carries
 * anything the reply does not. It rejects with an `LlmError`, or with the signal's reason when aborted.
 */
export interface Llm {
  /** False: images are left out of the prompt. Absent: not known, or it takes them. */
  readonly vision?: boolean | undefined;
  complete(request: LlmRequest): Promise<LlmReply>;
}
