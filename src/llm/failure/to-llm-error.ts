import { messageOf } from "../../errors.ts";
import { asObject, isObject } from "../../is-object.ts";
import { LlmError, type LlmErrorName, type LlmErrorOptions } from "../llm-error.ts";
import {
  AUTHENTICATION,
  CONTENT_POLICY,
  CONTEXT_WINDOW,
  MALFORMED_HISTORY,
  OVERLOADED,
  QUOTA,
  UNREADABLE_REPLY,
} from "./provider-phrases.ts";

/** Characters of an error text that are passed on: proxies answer with whole web pages. */
const MESSAGE_LIMIT = 2000;
/** Characters of an error text that are searched for mark-up: the search must not take long on a hostile page. */
const PAGE_LIMIT = 20_000;
/** A conflict, and Groq's word for a tier without room. */
const MAY_PASS: ReadonlySet<number> = new Set([409, 498]);
/** Causes of an error that are looked at. */
const MAX_CAUSES = 5;

/**
 * Names a provider's failure. Reads the shape of what was thrown (`status`, `headers`, `error`), so that no SDK must be
 * loaded to recognise its errors. `now` is in milliseconds since 1970.
 */
export function toLlmError(error: unknown, now: number): LlmError {
  // SDKs wrap what their `fetch` throws.
  for (const cause of causesOf(error)) if (LlmError.is(cause)) return cause;
  const failure = readFailure(error, now);
  const { name, retryable } = classify(failure);
  const options: LlmErrorOptions = { retryable, cause: error };
  if (failure.status !== undefined) options.status = failure.status;
  if (failure.retryAfter !== undefined) options.retryAfter = failure.retryAfter;
  return new LlmError(name, failure.message, options);
}

interface Failure {
  message: string;
  /** Message and body, lower case. */
  words: string;
  status: number | undefined;
  retryAfter: number | undefined;
  /** The reason for a missing answer; null when there is one. A broken or refused connection is "connection". */
  transport: "timeout" | "connection" | null;
}

function classify(failure: Failure): { name: LlmErrorName; retryable: boolean } {
  const { status, words } = failure;
  const says = (phrases: readonly string[]) => phrases.some((phrase) => words.includes(phrase));
  const permanent = (name: LlmErrorName) => ({ name, retryable: false });
  const transient = (name: LlmErrorName) => ({ name, retryable: true });

  if (status === 413 || says(CONTEXT_WINDOW)) return permanent("LLMContextWindowExceedError");
  if (says(MALFORMED_HISTORY)) return permanent("LLMMalformedConversationHistoryError");
  if (says(CONTENT_POLICY) && (status === undefined || status < 500)) {
    return permanent("LLMContentPolicyViolationError");
  }
  if (status === 429) return { name: "LLMRateLimitError", retryable: !says(QUOTA) };
  // The reference has no name for this: clients find "quota" in the message.
  if (status === 402) return permanent("APIError");
  if (says(QUOTA)) return permanent("LLMError");
  if (status === 401 || status === 403) return permanent("LLMAuthenticationError");
  if (status === 408 || status === 504 || failure.transport === "timeout")
    return transient("LLMTimeoutError");
  if (failure.transport === "connection") return transient("LLMServiceUnavailableError");
  if (status !== undefined && (MAY_PASS.has(status) || status >= 500))
    return transient(nameOfStatus(status, words));
  if ((status === undefined || status === 400) && says(AUTHENTICATION))
    return permanent("LLMAuthenticationError");
  if (status === 404) return permanent("NotFoundError");
  if (status === 400 && says(UNREADABLE_REPLY)) return transient("LLMBadRequestError");
  if (status !== undefined && status >= 400) return permanent("LLMBadRequestError");
  if (words.includes("rate_limit") || words.includes("rate limit")) return transient("LLMRateLimitError");
  if (says(OVERLOADED)) return transient("LLMServiceUnavailableError");
  return permanent("LLMError");
}

/** Names a failure that may pass. */
function nameOfStatus(status: number, words: string): LlmErrorName {
  if (status === 502) return "BadGatewayError";
  const isNamed = status === 500 || status === 503 || words.includes("overloaded_error");
  return isNamed ? "LLMServiceUnavailableError" : "APIError";
}

function readFailure(error: unknown, now: number): Failure {
  const shape = isObject(error) ? error : {};
  const body = shape.error;
  const transport = transportOf(error);
  const reason = transport === "connection" ? reasonOf(error) : undefined;
  return {
    message: clip(reason === undefined ? wordsOf(error, body) : `${messageOf(error)} (${reason})`),
    words: `${messageOf(error)} ${bodyText(body)}`.slice(0, 4 * MESSAGE_LIMIT).toLowerCase(),
    status: statusOf(shape),
    retryAfter: retryAfterOf(shape.headers, now),
    transport,
  };
}

/** The message, without the JSON around the provider's words that Anthropic's SDK puts there. */
function wordsOf(error: unknown, body: unknown): string {
  const message = messageOf(error);
  const words = asObject(asObject(body).error).message;
  return typeof words === "string" ? message.replace(/\{[\s\S]*\}$/, () => words) : message;
}

/** Reads the status, which streams and some proxies report in the body of a 200. */
function statusOf(shape: Record<string, unknown>): number | undefined {
  const inner = isObject(shape.error) ? (isObject(shape.error.error) ? shape.error.error : shape.error) : {};
  for (const candidate of [shape.status, inner.status, inner.status_code, inner.code]) {
    const status = Number(candidate);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  return undefined;
}

/** Seconds. */
function retryAfterOf(headers: unknown, now: number): number | undefined {
  if (!(headers instanceof Headers)) return undefined;
  const milliseconds = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (milliseconds >= 0) return milliseconds / 1000;
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

const CONNECTION_CODES =
  /^(ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ENETUNREACH|EHOSTUNREACH|UND_ERR_SOCKET|ERR_STREAM)/;
const TIMEOUT_CODES = /^(ETIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT)/;

/** Searches the chain of causes, where fetch keeps the reason of a failure. */
function transportOf(error: unknown): Failure["transport"] {
  let transport: Failure["transport"] = null;
  for (const current of causesOf(error)) {
    const code = typeof current.code === "string" ? current.code : "";
    const kind = `${current.constructor?.name ?? ""} ${String(current.name ?? "")}`;
    if (TIMEOUT_CODES.test(code) || /APIConnectionTimeoutError|TimeoutError/.test(kind)) return "timeout";
    if (CONNECTION_CODES.test(code) || /APIConnectionError/.test(kind)) transport = "connection";
    // A stream that breaks off, and one whose last line is half of a JSON text.
    if (current instanceof TypeError && /terminated|fetch failed|network/i.test(current.message))
      transport = "connection";
    if (current instanceof SyntaxError) transport = "connection";
  }
  return transport;
}

/** The innermost cause of a "Connection error.", such as `getaddrinfo ENOTFOUND host`; undefined without a cause. */
function reasonOf(error: unknown): string | undefined {
  let reason: string | undefined;
  for (const current of causesOf(error).slice(1)) {
    // An AggregateError of several addresses has a code but no message.
    const words = [current.message, current.code].find((text) => typeof text === "string" && text !== "");
    if (typeof words === "string") reason = words;
  }
  return reason;
}

/** The error and the causes below it, outermost first. */
function causesOf(error: unknown): Record<string, unknown>[] {
  const chain: Record<string, unknown>[] = [];
  for (let current = error; isObject(current) && chain.length < MAX_CAUSES; current = current.cause) {
    chain.push(current);
  }
  return chain;
}

function bodyText(body: unknown): string {
  if (body === undefined || body === null) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** Strips the mark-up of web pages and cuts the text to a readable length. */
function clip(message: string): string {
  const start = message.slice(0, PAGE_LIMIT);
  const plain = /<(!doctype|html)/i.test(start)
    ? start
        .replace(/<(style|script)[\s\S]*?<\/\1>/gi, " ")
        .replace(/<[^>]*>/g, " ")
        .replace(/\s+/g, " ")
        .trim()
    : start;
  return plain.length <= MESSAGE_LIMIT ? plain : `${plain.slice(0, MESSAGE_LIMIT)}…`;
}
