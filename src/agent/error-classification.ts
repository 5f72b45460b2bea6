import { messageOf } from "../errors.ts";
import { LlmError } from "../llm/llm-error.ts";
import type { ErrorClassification } from "../wire/events/error-classification.ts";
import type { NewEvent } from "../wire/events/events.ts";

type Kind = ErrorClassification["kind"];

/** A failure the agent can correct itself: a malformed call, wrong arguments, an interrupted call. */
export const AGENT_OUTCOME: ErrorClassification = {
  kind: "agent_action",
  retryable: true,
  user_action: "retry",
};

/** An unforeseen failure: a bug or the end of the process, not something the agent did. */
export const INTERNAL_FAILURE: ErrorClassification = {
  kind: "internal",
  retryable: false,
  user_action: "none",
};

const AUTH = failure("auth", { userAction: "settings" });
const QUOTA = failure("quota", { userAction: "settings" });
const CONFIG = failure("config", { userAction: "settings" });
const RATE_LIMIT = failure("rate_limit", { retryable: true, userAction: "retry" });
const TRANSIENT = failure("transient", { retryable: true, userAction: "retry" });
const LIMIT = failure("agent_action");
const UNKNOWN = failure("unknown");

/** Classification by codes that are clear without their detail: those of the reference, and JavaScript's own. */
const BY_CODE: Readonly<Record<string, ErrorClassification>> = {
  LLMAuthenticationError: AUTH,
  ACPAuthRequired: AUTH,
  LLMRateLimitError: RATE_LIMIT,
  MaxBudgetReached: QUOTA,
  LLMBadRequestError: CONFIG,
  NotFoundError: CONFIG,
  ACPInitError: CONFIG,
  ACPSpawnError: CONFIG,
  ACPPromptError: CONFIG,
  LibTmuxException: CONFIG,
  LLMContextWindowExceedError: AGENT_OUTCOME,
  LLMMalformedConversationHistoryError: AGENT_OUTCOME,
  LLMReplyTooLargeError: AGENT_OUTCOME,
  MaxIterationsReached: LIMIT,
  ConversationOwnershipLostError: LIMIT,
  ExtensionError: INTERNAL_FAILURE,
  AssertionError: INTERNAL_FAILURE,
  AttributeError: INTERNAL_FAILURE,
  KeyError: INTERNAL_FAILURE,
  PydanticSerializationError: INTERNAL_FAILURE,
  RangeError: INTERNAL_FAILURE,
  ReferenceError: INTERNAL_FAILURE,
  TypeError: INTERNAL_FAILURE,
};

/** Classification by words of the detail, in lower case. The first match counts. */
const BY_DETAIL: readonly [ErrorClassification, readonly string[]][] = [
  [
    AUTH,
    [
      "invalid api key",
      "incorrect api key",
      "authentication required",
      "invalid bearer token",
      "invalid proxy server token",
      "unauthorized",
      "error code: 401",
      'status": 401',
      "token_not_found",
      "api key is missing",
    ],
  ],
  [
    QUOTA,
    [
      "weekly usage limit",
      "daily quota",
      "session usage limit",
      "insufficient balance",
      "more credits",
      "budget has been exceeded",
    ],
  ],
  [RATE_LIMIT, ["rate limit", "error code: 429", 'status": 429']],
  [
    CONFIG,
    [
      "provider not provided",
      "no models loaded",
      "does not support thinking",
      "model is no longer available",
      "model not found",
      "invalid params",
      "inactive_service",
      "powershell is not available",
    ],
  ],
  [
    TRANSIENT,
    [
      "timeout",
      "connection error",
      "connection closed",
      "service temporarily unavailable",
      "bad gateway",
      "cloudflare",
      "cannot connect",
      "name or service not known",
      "error code: 5",
    ],
  ],
  [
    INTERNAL_FAILURE,
    ["on_token callback", "duplicate tool names", "list_tools", "on_tools_changed", "surrogates not allowed"],
  ],
];

/** Classification by codes that are too broad to come before the detail. */
const BY_BROAD_CODE: Readonly<Record<string, ErrorClassification>> = {
  LLMServiceUnavailableError: TRANSIENT,
  LLMTimeoutError: TRANSIENT,
  ReadTimeout: TRANSIENT,
  LLMNoResponseError: TRANSIENT,
  MCPTimeoutError: TRANSIENT,
  BadGatewayError: TRANSIENT,
  HTTPStatusError: TRANSIENT,
  RequestError: TRANSIENT,
  CloudflareError: TRANSIENT,
  OpenAIError: TRANSIENT,
  APIError: TRANSIENT,
  BaseLLMException: TRANSIENT,
  AnthropicError: TRANSIENT,
  OpenRouterException: TRANSIENT,
  OllamaError: TRANSIENT,
};

/** The detail of a refused key, as clients know it. Providers may repeat parts of the key in theirs. */
const KEY_REFUSED = "Your LLM API key appears to be invalid or has expired.";

/**
 * Makes the event that shows an error. Its name is the code, its message the detail, unless a provider has refused the
 * key.
 */
export function errorEvent(error: unknown): Extract<NewEvent, { kind: "ConversationErrorEvent" }> {
  const detail = isKeyRefused(error) ? KEY_REFUSED : messageOf(error);
  const code = error instanceof Error ? error.name : "Error";
  return classifiedError("environment", code, detail);
}

/** Makes the event of a failure that has a code. */
export function classifiedError(
  source: "agent" | "environment",
  code: string,
  detail: string,
): Extract<NewEvent, { kind: "ConversationErrorEvent" }> {
  return {
    kind: "ConversationErrorEvent",
    source,
    code,
    detail,
    classification: classifyError(code, detail),
  };
}

/** Classifies a failure by its code, then by words of its detail. */
export function classifyError(code: string, detail = ""): ErrorClassification {
  if (Object.hasOwn(BY_CODE, code)) return BY_CODE[code] ?? UNKNOWN;
  const text = detail.toLowerCase();
  const match = BY_DETAIL.find(([, words]) => words.some((word) => text.includes(word)));
  if (match !== undefined) return match[0];
  return Object.hasOwn(BY_BROAD_CODE, code) ? (BY_BROAD_CODE[code] ?? UNKNOWN) : UNKNOWN;
}

/**
 * Tells a refused key from one that this server itself found missing, and from a 403, which may be about the model or
 * the place of the caller: what is said about these helps.
 */
function isKeyRefused(error: unknown): boolean {
  if (!LlmError.is(error) || error.name !== "LLMAuthenticationError") return false;
  return error.status !== undefined && error.status !== 403;
}

function failure(
  kind: Kind,
  options: { retryable?: boolean; userAction?: ErrorClassification["user_action"] } = {},
): ErrorClassification {
  return { kind, retryable: options.retryable ?? false, user_action: options.userAction ?? "none" };
}
