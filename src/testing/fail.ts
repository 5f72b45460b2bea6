import { LlmError, type LlmErrorName, type LlmErrorOptions } from "../llm/llm-error.ts";

/** An error that a provider answers with. */
export type Failure = "authentication" | "rate_limit" | "server" | "context_overflow" | "content_policy";

interface Kind extends LlmErrorOptions {
  name: LlmErrorName;
  message: string;
  /** OpenAI's `error.code`. */
  code: string;
}

/** The messages contain the words by which errors of real providers are classified, so they work over HTTP too. */
const KINDS: Record<Failure, Kind> = {
  authentication: {
    name: "LLMAuthenticationError",
    status: 401,
    message: "Incorrect API key provided",
    code: "invalid_api_key",
  },
  rate_limit: {
    name: "LLMRateLimitError",
    status: 429,
    retryable: true,
    message: "Rate limit reached",
    code: "rate_limit_exceeded",
  },
  server: {
    name: "LLMServiceUnavailableError",
    status: 500,
    retryable: true,
    message: "The server had an error",
    code: "server_error",
  },
  context_overflow: {
    name: "LLMContextWindowExceedError",
    status: 400,
    message: "This model's maximum context length is exceeded",
    code: "context_length_exceeded",
  },
  content_policy: {
    name: "LLMContentPolicyViolationError",
    status: 400,
    message: "The reply was stopped by the provider: content_policy",
    code: "content_policy_violation",
  },
};

export const FAILURES = Object.keys(KINDS) as [Failure, ...Failure[]];

/**
 * Makes the scripted model fail. `retryAfter` is in seconds and is sent as `Retry-After`. `message` is appended to the
 * provider's message.
 *
 * @example
 * ```ts
 * const llm = scriptedLlm([fail("rate_limit", { retryAfter: 3 }), say("Here I am.")]);
 * ```
 */
export function fail(
  kind: Failure,
  { retryAfter, message }: { retryAfter?: number; message?: string } = {},
): LlmError {
  const { name, message: words, code: _code, ...options } = KINDS[kind];
  const whole = message === undefined ? words : `${words}: ${message}`;
  return new LlmError(name, whole, { ...options, ...(retryAfter !== undefined && { retryAfter }) });
}

/** Finds the failure by the error name that conversations show. */
export function failureNamed(name: string): Failure | undefined {
  return FAILURES.find((kind) => KINDS[kind].name === name);
}

/** Returns OpenAI's code for an error, or `scripted_error`. */
export function codeOf(error: LlmError): string {
  return Object.values(KINDS).find(({ name }) => name === error.name)?.code ?? "scripted_error";
}
