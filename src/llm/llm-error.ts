/** The reference's names of what a model call can fail with; clients see them as `ConversationErrorEvent.code`. */
export type LlmErrorName =
  | "LLMAuthenticationError"
  | "LLMRateLimitError"
  | "LLMTimeoutError"
  | "LLMServiceUnavailableError"
  | "LLMBadRequestError"
  | "LLMContextWindowExceedError"
  | "LLMMalformedConversationHistoryError"
  | "LLMContentPolicyViolationError"
  | "LLMNoResponseError"
  | "LLMContextWindowTooSmallError"
  | "FunctionCallValidationError"
  | "LLMError";

/** What is known of a failed call. */
export interface LlmErrorOptions {
  /** Whether the same request may succeed later. */
  retryable?: boolean;
  status?: number;
  /** Seconds the provider asked to wait. */
  retryAfter?: number;
  cause?: unknown;
}

export class LlmError extends Error {
  override readonly name: LlmErrorName;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(name: LlmErrorName, message: string, options: LlmErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = name;
    this.retryable = options.retryable ?? false;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
  }
}
