/** Words by which providers say that the prompt is too long. Lower case. */
export const CONTEXT_WINDOW = [
  "contextwindowexceedederror",
  "context_length_exceeded",
  "prompt is too long",
  "input length and `max_tokens` exceed context limit",
  "please reduce the length of",
  "exceeds the available context size",
  "context length exceeded",
  "input exceeds the context window",
  "exceeds the context window",
  "context window exceeds limit",
  "maximum context length",
  "maximum prompt length",
  "exceeds the maximum number of tokens",
  "exceeded model token limit",
  "input is too long for requested model",
  "greater than the context length",
  "longer than the model's context length",
  "request too large for model",
];

/** Words by which providers refuse calls without results, results without calls, or broken arguments. */
export const MALFORMED_HISTORY = [
  "`tool_use` ids were found without `tool_result` blocks immediately after",
  "tool_use ids were found without `tool_result` blocks immediately after",
  "each `tool_use` block must have a corresponding `tool_result` block",
  "each tool_use must have a single result",
  "found multiple `tool_result` blocks with id",
  "unexpected `tool_use_id` found in `tool_result` blocks",
  "each `tool_result` block must have a corresponding `tool_use` block",
  "must be followed by tool messages responding to each 'tool_call_id'",
  "must be a response to a preceeding message with 'tool_calls'",
  "no tool output found for function call",
  "no tool call found for function call output",
  "failed to parse tool call arguments as json",
];

/** Words by which providers refuse a key. */
export const AUTHENTICATION = [
  "invalid api key",
  "incorrect api key",
  "api key not valid",
  "unauthorized",
  "missing api key",
  "invalid authentication",
  "access denied",
  "status 401",
  "status 403",
];

/** Words by which providers say that a content filter stopped the request or the reply. */
export const CONTENT_POLICY = [
  "content_policy",
  "content filtering policy",
  "content_filter",
  "output blocked by content filtering",
];

/** Words by which a proxy says that a budget is used up, whichever model is asked. */
export const BUDGET = ["budget_exceeded", "budget has been exceeded"];

/** Words by which providers say that the account is empty, or a plan or budget used up: waiting does not help. */
export const QUOTA = [
  ...BUDGET,
  "usage_limit_reached",
  "insufficient_quota",
  "insufficient balance",
  "exceeded your current quota",
  "billing_hard_limit",
];

/** Words by which providers refuse what the model wrote. Another attempt may bring what they can read. */
export const UNREADABLE_REPLY = ["tool_use_failed", "failed to call a function"];

/** Words by which providers say that they have a fault or too much to do. */
export const OVERLOADED = [
  "overloaded_error",
  "overloaded",
  "api_error",
  "internal server error",
  "server_error",
  "internal_error",
  "service_unavailable",
];
