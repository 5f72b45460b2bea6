import { AgentServerError, type ErrorCode } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Answer, emptyAnswer, jsonAnswer } from "./answer.ts";
import type { RequestAbout } from "./request-about.ts";

export interface ErrorAnswerOptions {
  /** Adds the stack trace to answers of 500 and above. */
  debug: boolean;
  logger: Logger;
  request: Request;
  context: Pick<RequestAbout, "pathname" | "requestId" | "errorId">;
}

/** Fields in addition to `detail` that clients of the reference look at. */
const FURTHER_FIELDS: Partial<Record<ErrorCode, object>> = { binding_required: { retryable: true } };
const MASKED_DETAIL = "Internal Server Error";
/** The status that other servers log for a client that left; it reaches no client. */
const CLIENT_CLOSED_REQUEST = 499;

/** Turns anything thrown into an answer: an `AgentServerError` as it is, everything else masked and logged. */
export function errorAnswer(error: unknown, options: ErrorAnswerOptions): Answer {
  if (AgentServerError.is(error)) return raisedAnswer(error, options);
  if (options.request.signal.aborted) return emptyAnswer(CLIENT_CLOSED_REQUEST);
  return unexpectedAnswer(error, options);
}

function raisedAnswer(error: AgentServerError, options: ErrorAnswerOptions): Answer {
  if (error.status < 500) {
    const body = { detail: error.detail, ...FURTHER_FIELDS[error.code] };
    return jsonAnswer(error.status, body, error.headers);
  }
  options.logger.error({ error, ...describe(options), status: error.status }, "Request failed");
  const text = typeof error.detail === "string" ? error.detail : JSON.stringify(error.detail);
  const body = { detail: MASKED_DETAIL, exception: `${error.status}: ${text}`, ...traceback(error, options) };
  return jsonAnswer(error.status, body, error.headers);
}

/**
 * The message of an unexpected error may name files or keys, so it goes to the log only, under the id of the request.
 */
function unexpectedAnswer(error: unknown, options: ErrorAnswerOptions): Answer {
  const error_id = options.context.errorId.replaceAll("-", "");
  options.logger.error({ error, error_id, ...describe(options) }, "Unexpected error");
  const name = error instanceof Error ? error.name : typeof error;
  const exception = options.debug ? String(error) : `Unexpected ${name}, logged as ${error_id}`;
  return jsonAnswer(500, { detail: MASKED_DETAIL, exception, error_id, ...traceback(error, options) });
}

function describe({ request: { method }, context: { pathname, requestId } }: ErrorAnswerOptions) {
  return { method, path: pathname, request_id: requestId };
}

function traceback(error: unknown, { debug }: ErrorAnswerOptions): { traceback?: string } {
  return debug && error instanceof Error ? { traceback: error.stack ?? String(error) } : {};
}
