import type { Message } from "../wire/events/message.ts";

/** A tool as the model sees it. `parameters` is a JSON schema of type object. */
export interface ToolSchema {
  /** Name by which the model calls the tool. */
  name: string;
  /** Description for the model. */
  description: string;
  /** JSON schema of type object. */
  parameters: Record<string, unknown>;
}

/** One question to a model. */
export interface LlmRequest {
  /** The whole prompt, oldest first. Messages are never changed in place: a model may cache by identity. */
  messages: readonly Message[];
  /** Tools the model may call; empty for a request that wants words alone. */
  tools: readonly ToolSchema[];
  /** Ends the call. The model stops its work and rejects with the signal's reason. */
  signal: AbortSignal;
  /** Receives pieces of the reply as they arrive. Present only when the configuration asks for streaming. */
  onDelta?: (delta: LlmDelta) => void;
  /** Called before a reply that may have begun is asked for again: the deltas that follow are those of another one. */
  onRestart?: () => void;
  /**
   * Called when a streamed reply begins and for every piece of it, also for pieces without a delta such as arguments of
   * a call, but not for signs of life that bring nothing. `stream_idle_timeout` bounds the time between two calls. A
   * model that cannot tell does not call it.
   */
  onProgress?: () => void;
  /** Id of the conversation. Providers use it to keep one conversation on one cache. */
  conversationId?: string;
  /** Id under which providers keep the prompt, where it is not that of the conversation. */
  cacheId?: string;
  /** Texts before which the model stops writing. Ignored by models that have no stop words. */
  stop?: readonly string[];
}

/** A piece of a reply: text, reasoning, or both. */
export interface LlmDelta {
  /** A piece of the text. */
  content?: string;
  /** A piece of the reasoning. */
  reasoning_content?: string;
  /** The provider's id of the piece. */
  chunk_id?: string;
  /** Place of the choice that the piece belongs to, as the provider counts. */
  choice_index?: number;
}

/** Tokens of one call, as the provider counted them. */
export interface LlmUsage {
  /** All tokens of the prompt, those read from and written to a cache included. */
  prompt_tokens: number;
  /** All tokens of the reply, reasoning included. */
  completion_tokens: number;
  /** The part of `prompt_tokens` that came from a cache. */
  cache_read_tokens: number;
  /** The part of `prompt_tokens` that was written to a cache. */
  cache_write_tokens: number;
  /** The part of `completion_tokens` that is reasoning. */
  reasoning_tokens: number;
}

/** The answer of a model. */
export interface LlmReply {
  /** Role assistant. A tool call may have an empty id: the agent gives it one. */
  message: Message;
  /** The provider's id of the reply. May be empty: the agent makes one. */
  id: string;
  /** Name of the model that answered, as the provider writes it. */
  model: string;
  /** Name of the configured model under which the call is booked, where it is not the one that was asked first. */
  bookedModel?: string;
  /** null when the provider reported no tokens. */
  usage: LlmUsage | null;
  /** US dollars; null when the model does not know. `withPrice` fills it in from the tokens. */
  cost: number | null;
  /** Tokens the model can take in; 0 when not known. `withPrice` fills it in. */
  contextWindow: number;
  /** Seconds from request to whole reply. */
  latency: number;
}

/**
 * A language model. The port between the agent and every provider, built-in or a host's own.
 *
 * - **Reply.** `complete` resolves with the whole reply. Deltas are a side channel: they carry nothing that the reply
 *   does not, and none arrives after `complete` has settled. A retried call repeats its deltas from the start, after
 *   `onRestart`.
 * - **Abort.** When the signal fires, `complete` rejects with the signal's reason and frees its connection.
 * - **Errors.** A failed call rejects with an `LlmError`. `retryable` says whether the same request may succeed later;
 *   `withRetry` relies on it. Any other error counts as a fault of the model's code and is never retried, except that
 *   `decorate` recognises failed HTTP answers and broken connections, such as those thrown by provider SDKs.
 * - **Usage.** `prompt_tokens` includes cached tokens, `completion_tokens` includes reasoning.
 * - **Concurrency.** Calls may overlap: titles are asked for while the agent works.
 */
export interface Llm {
  /** False: images are left out of the prompt. Absent: not known, images are sent. */
  readonly vision?: boolean | undefined;
  /** False: only the agent asks this model, so that titles are made without it. Default: true. */
  readonly sideCalls?: boolean | undefined;
  /**
   * True: retries, deadline, price and completion log are the model's own, and the server adds none. Set by `decorate`;
   * set it on a model that a server should call exactly once for each request. Default: false.
   */
  readonly decorated?: boolean | undefined;
  /** Asks the model. See the contract of `Llm`. */
  complete(request: LlmRequest): Promise<LlmReply>;
}
