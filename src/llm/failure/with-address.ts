import type { Endpoint } from "../endpoint.ts";
import { LlmError, type LlmErrorName } from "../llm-error.ts";

/** Failures that may come from a wrong address, name or key. */
const EXPLAINED: ReadonlySet<LlmErrorName> = new Set([
  "LLMAuthenticationError",
  "LLMBadRequestError",
  "LLMRateLimitError",
  "LLMServiceUnavailableError",
  "LLMTimeoutError",
  "NotFoundError",
  "BadGatewayError",
  "APIError",
]);

/** Adds to the message of a failed call which address was asked, with which status it answered, and what to check. */
export function withAddress(error: LlmError, endpoint: Endpoint): LlmError {
  const { name, message, retryable, status, retryAfter, cause } = error;
  if (!EXPLAINED.has(name)) return error;
  const [address] = endpoint.baseUrl.split("?");
  const place = status === undefined ? `at ${address}` : `status ${status} from ${address}`;
  const explained = `${message} [${place}]${hintFor(error, endpoint)}`;
  return new LlmError(name, explained, {
    retryable,
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
    cause,
  });
}

function hintFor({ status, message }: LlmError, { provider }: Endpoint): string {
  if (/ECONNREFUSED/.test(message)) return " Check that the server runs and that base_url is its address.";
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return " Check the host name in base_url.";
  if (status === undefined) return "";
  if (status >= 300 && status < 400) return " Set base_url to the final address.";
  if (status === 401 || status === 403)
    return ` Check ${["api_key", ...provider.keyVariables].join(" or ")}.`;
  if (status === 404) return " Check the name of the model and base_url, which often ends in /v1.";
  return "";
}
