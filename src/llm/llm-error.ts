/**
 * Names for failed model calls: the reference's and its library's, and `LLMReplyTooLargeError` for a reply past a
 * bound. Clients see them as `ConversationErrorEvent.code`.
 */
export type LlmErrorName =
  | "LLMAuthenticationError"
  | "LLMRateLimitError"
  | "LLMTimeoutError"
  | "LLMServiceUnavailableError"
  | "LLMBadRequestError"
  | "NotFoundError"
  | "BadGatewayError"
  | "APIError"
  | "LLMContextWindowExceedError"
  | "LLMMalformedConversationHistoryError"
  | "LLMContentPolicyViolationError"
  | "LLMNoResponseError"
  | "LLMContextWindowTooSmallError"
  | "FunctionCallValidationError"
  | "LLMReplyTooLargeError"
  | "LLMError";

const BRAND = Symbol.for("agent-server.llm-error");

/** Facts about a failed call. */
export interface LlmErrorOptions {
  /** Whether the same request may succeed later. Default: false. */
  retryable?: boolean;
  /** HTTP status of the answer, where there was one. */
  status?: number;
  /** Seconds the provider asks to wait before the next attempt. */
  retryAfter?: number;
  /** The error that was thrown in the first place. */
  cause?: unknown;
}

/**
 * A failed model call. `name` decides what the agent does next: some failures it mends itself, the others end the run
 * and become the `code` of the conversation's error, with `message` as its text.
 */
export class LlmError extends Error {
  override readonly name: LlmErrorName;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** HTTP status of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** Seconds the provider asks to wait before the next attempt; undefined where it did not say. */
  readonly retryAfter: number | undefined;
  readonly [BRAND] = true;

  constructor(name: LlmErrorName, message: string, options: LlmErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = name;
    this.retryable = options.retryable ?? false;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
  }

  /** True also for errors of another copy of this package, which `instanceof` would miss. */
  static is(value: unknown): value is LlmError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
