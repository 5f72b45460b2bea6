import { AgentServerError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Answer, emptyAnswer, jsonAnswer } from "./answer.ts";

export interface ErrorResponseOptions {
  /** Adds the stack trace to answers of 500 and above. */
  debug: boolean;
  logger: Logger;
  newId(): string;
  /** The request at fault, without its query: that may hold a key. */
  request: { method: string; pathname: string; signal?: AbortSignal };
}

const MASKED_DETAIL = "Internal Server Error";
/** What other servers note for a client that left; nobody reads it. */
const CLIENT_CLOSED_REQUEST = 499;

/** Turns anything thrown into an answer: what was raised on purpose as it is, everything else masked and logged. */
export function errorAnswer(error: unknown, options: ErrorResponseOptions): Answer {
  if (AgentServerError.is(error)) return raisedAnswer(error, options);
  if (options.request.signal?.aborted === true) return emptyAnswer(CLIENT_CLOSED_REQUEST);
  return unexpectedAnswer(error, options);
}

function raisedAnswer(error: AgentServerError, options: ErrorResponseOptions): Answer {
  if (error.status < 500) return jsonAnswer(error.status, { detail: error.detail }, error.headers);
  const { method, pathname } = options.request;
  options.logger.error({ error, method, path: pathname, status: error.status }, "Request failed");
  const text = typeof error.detail === "string" ? error.detail : JSON.stringify(error.detail);
  const body = { detail: MASKED_DETAIL, exception: `${error.status}: ${text}`, ...traceback(error, options) };
  return jsonAnswer(error.status, body, error.headers);
}

/** The message of an unexpected error may name files or keys, so it goes to the log only, found by its id. */
function unexpectedAnswer(error: unknown, options: ErrorResponseOptions): Answer {
  const error_id = options.newId().replaceAll("-", "");
  const { method, pathname } = options.request;
  options.logger.error({ error, error_id, method, path: pathname }, "Unexpected error");
  const name = error instanceof Error ? error.name : typeof error;
  const exception = options.debug ? String(error) : `Unexpected ${name}, logged as ${error_id}`;
  return jsonAnswer(500, { detail: MASKED_DETAIL, exception, error_id, ...traceback(error, options) });
}

function traceback(error: unknown, { debug }: ErrorResponseOptions): { traceback?: string } {
  return debug && error instanceof Error ? { traceback: error.stack ?? String(error) } : {};
}
