import { messageOf } from "../../errors.ts";
import type { Llm } from "../../llm/llm.ts";
import { LlmError } from "../../llm/llm-error.ts";
import { resolveModel } from "../../llm/model.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Message } from "../../wire/events/message.ts";
import type { ValidateProfileResponse } from "../../wire/settings/llm-profiles.ts";

/** Seconds. */
const MAX_TIMEOUT = 15;
/** The least that the Responses API accepts; other protocols accept 1. */
const FEWEST_RESPONSE_TOKENS = 16;

/** Creates the model of a configuration. */
export type CreateProbe = (config: LlmConfig) => Llm;

/** Asks a model for one token, once, to find out whether its configuration works. */
export async function validateLlm(
  config: LlmConfig,
  createLlm: CreateProbe,
): Promise<ValidateProfileResponse> {
  const probe = probeOf(config);
  const seconds = probe.timeout ?? MAX_TIMEOUT;
  try {
    await createLlm(probe).complete({
      messages: [text("system", "Reply with one token."), text("user", "ping")],
      tools: [],
      signal: AbortSignal.timeout(seconds * 1_000),
    });
    return { valid: true, error: null };
  } catch (error) {
    return verdictOn(error);
  }
}

function probeOf(config: LlmConfig): LlmConfig {
  const { timeout, fallback_strategy: _, ...alone } = config;
  return {
    ...alone,
    num_retries: 1,
    timeout: timeout === null ? MAX_TIMEOUT : Math.min(timeout, MAX_TIMEOUT),
    max_output_tokens: fewestTokens(config),
    // Its budget would have to be smaller than one token.
    extended_thinking_budget: null,
    stream: false,
    log_completions: false,
  };
}

/** A model that cannot be resolved says why when it is asked. */
function fewestTokens(config: LlmConfig): number {
  try {
    const { capabilities } = resolveModel({ ...config, api_key: config.api_key ?? "any" }, {});
    return capabilities.responsesApi ? FEWEST_RESPONSE_TOKENS : 1;
  } catch {
    return 1;
  }
}

function text(role: "system" | "user", words: string): Message {
  return {
    role,
    content: [{ type: "text", text: words, cache_prompt: false }],
    tool_calls: null,
    tool_call_id: null,
    name: null,
    reasoning_content: null,
    thinking_blocks: [],
    responses_reasoning_item: null,
  };
}

/** A model that is too busy or too slow now is configured well, one whose allowance is used up is not. */
function verdictOn(error: unknown): ValidateProfileResponse {
  const type = error instanceof Error ? error.name : "Error";
  const isBusy = LlmError.is(error) && error.name === "LLMRateLimitError" && error.retryable;
  if (isBusy || type === "LLMTimeoutError" || type === "TimeoutError") return { valid: true, error: null };
  return { valid: false, error: { type, message: messageOf(error) } };
}
