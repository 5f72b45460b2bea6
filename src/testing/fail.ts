import { LlmError, type LlmErrorName, type LlmErrorOptions } from "../llm/llm-error.ts";

/** What a provider can answer instead of a reply. */
export type Failure = "authentication" | "rate_limit" | "server" | "context_overflow" | "content_policy";

interface Kind extends LlmErrorOptions {
  name: LlmErrorName;
  message: string;
  /** OpenAI's `error.code`. */
  code: string;
}

/** The words are those by which real providers' answers are told apart, so that they work over HTTP too. */
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

/** `retryAfter` is in seconds, sent as `Retry-After`; `message` is added to the provider's own words. */
export function fail(
  kind: Failure,
  { retryAfter, message }: { retryAfter?: number; message?: string } = {},
): LlmError {
  const { name, message: words, code: _code, ...options } = KINDS[kind];
  const said = message === undefined ? words : `${words}: ${message}`;
  return new LlmError(name, said, { ...options, ...(retryAfter !== undefined && { retryAfter }) });
}

/** The failure behind the name of an error, as conversations show it. */
export function failureNamed(name: string): Failure | undefined {
  return FAILURES.find((kind) => KINDS[kind].name === name);
}

/** OpenAI's code for an error, where it has one. */
export function codeOf(error: LlmError): string {
  return Object.values(KINDS).find(({ name }) => name === error.name)?.code ?? "scripted_error";
}
