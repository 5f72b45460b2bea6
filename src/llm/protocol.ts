import type { LlmConfig } from "../wire/agent/llm-config.ts";
import type { Message } from "../wire/events/message.ts";
import type { Endpoint } from "./endpoint.ts";
import type { LlmRequest, LlmUsage } from "./llm.ts";

/** What a provider answered, before price and latency are known. */
export interface ProtocolReply {
  message: Message;
  id: string | null;
  /** The model's name as the provider gives it. */
  model: string | null;
  usage: LlmUsage | null;
  /** US dollars, where the provider reports them itself. */
  cost: number | null;
}

/**
 * One call in a provider's own protocol. The signal is already bounded in time; `alive` is called for each piece
 * that arrives, so that a stream is judged by its silence and not by its length. Throws whatever the SDK throws.
 */
export type Protocol = (request: LlmRequest, alive: () => void) => Promise<ProtocolReply>;

/** What every protocol is built from. */
export interface ProtocolOptions {
  config: LlmConfig;
  endpoint: Endpoint;
  /** `api-version` of Azure. */
  azureApiVersion: string;
  fetch?: typeof globalThis.fetch;
}

/** Waits are bounded by our own deadline; this only keeps the SDK's from coming first. */
export const SDK_TIMEOUT = 2 ** 31 - 1;

/** The header that keeps one conversation on one cache behind a LiteLLM proxy. */
export function sessionHeaders(conversationId: string | undefined): Record<string, string> {
  return conversationId === undefined ? {} : { "x-litellm-session-id": conversationId };
}
