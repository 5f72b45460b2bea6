import { LONGEST_TIMER } from "../waiting.ts";
import type { LlmConfig } from "../wire/agent/llm-config.ts";
import type { Message } from "../wire/events/message.ts";
import type { Endpoint } from "./endpoint.ts";
import type { LlmRequest, LlmUsage } from "./llm.ts";
import type { Model } from "./model.ts";

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

/** Headers that name the application. OpenRouter lists applications by them; a blank text leaves one out. */
export function attributionHeaders(config: LlmConfig): Record<string, string> {
  const { openrouter_site_url: site, openrouter_app_name: name } = config;
  return { ...(site && { "HTTP-Referer": site }), ...(name && { "X-Title": name }) };
}

/** Fields that keep one conversation on one cache, for providers that take them. */
export function cacheFields(
  model: Model,
  { conversationId, cacheId = conversationId }: LlmRequest,
): Record<string, string> {
  if (conversationId === undefined) return {};
  return {
    ...(model.capabilities.promptCacheKey && cacheId && { prompt_cache_key: cacheId }),
    ...(isOpenRouter(model.endpoint) && { session_id: conversationId }),
  };
}

/** Whether OpenRouter serves a model, under its name or at its address. */
export function isOpenRouter({ name, baseUrl }: Endpoint): boolean {
  return name === "openrouter" || /(^|\.)openrouter\.ai$/i.test(new URL(baseUrl).hostname);
}

/** Whether to ask for a stream: where the configuration says so and a caller reads the pieces. */
export function wantsStream({ config }: Model, { onDelta }: LlmRequest): boolean {
  return config.stream && onDelta !== undefined;
}
