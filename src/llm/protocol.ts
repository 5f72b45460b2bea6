import { LONGEST_TIMER } from "../waiting.ts";
import type { Message } from "../wire/events/message.ts";
import type { LlmRequest, LlmUsage } from "./llm.ts";

/** A provider's answer, before price and latency are known. */
export interface ProtocolReply {
  message: Message;
  /** null when the provider gave none. */
  id: string | null;
  /** The model's name as the provider writes it; null when the provider gave none. */
  model: string | null;
  /** null when the provider reported no tokens. */
  usage: LlmUsage | null;
  /** US dollars, where the provider reports them; else null. */
  cost: number | null;
}

/** One call in a provider's own protocol. Throws whatever the provider's SDK throws. */
export type Protocol = (request: LlmRequest) => Promise<ProtocolReply>;

/** The timeout of the SDKs, in milliseconds. Calls are bounded by `withDeadline` instead. */
export const SDK_TIMEOUT = LONGEST_TIMER;

/** Stands for a missing key, since the SDKs insist on one. `NO_CREDENTIALS` keeps it from being sent. */
export const NO_KEY = "no key";

/** Headers that take the SDKs' credentials out of a request. */
export const NO_CREDENTIALS: Readonly<Record<string, null>> = {
  authorization: null,
  "api-key": null,
  "x-api-key": null,
};

/** Asks Claude to think between tool calls. Models that decide for themselves do not need it. */
export const INTERLEAVED_THINKING: Readonly<Record<string, string>> = {
  "anthropic-beta": "interleaved-thinking-2025-05-14",
};

/** The header that keeps one conversation on one cache behind a LiteLLM proxy. */
export function sessionHeaders(conversationId: string | undefined): Record<string, string> {
  return conversationId === undefined ? {} : { "x-litellm-session-id": conversationId };
}
