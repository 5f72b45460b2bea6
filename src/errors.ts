/** HTTP status by error code. Code in this package branches on the code; the status is derived from it. */
const STATUS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  misdirected: 421,
  unprocessable: 422,
  upgrade_required: 426,
  too_many_requests: 429,
  damaged: 500,
  internal: 500,
  not_implemented: 501,
  ownership_lost: 409,
  binding_required: 409,
  bad_gateway: 502,
  unavailable: 503,
  gateway_timeout: 504,
} as const;

/** The reason of an error, such as `not_found`. It determines the HTTP status. */
export type ErrorCode = keyof typeof STATUS;

/** Details of errors that are created without one, in the reference's words. */
const DEFAULT_DETAIL: Partial<Record<ErrorCode, string>> = {
  bad_request: "Bad Request",
  unauthorized: "Unauthorized",
  forbidden: "Forbidden",
  not_found: "Not Found",
  method_not_allowed: "Method Not Allowed",
  upgrade_required: "Upgrade Required",
};

const BRAND = Symbol.for("agent-server.error");

/** Further properties of an error. */
export interface ErrorOptions {
  /** Extra response headers, for example `Allow` on a 405. Default: none. */
  headers?: Record<string, string>;
  /** The error that led to this one, for logs. */
  cause?: unknown;
}

/**
 * The error class of this package. Answers carry `detail` as `{"detail": …}` below status 500, and under `exception`
 * from 500 on, as the reference does.
 */
export class AgentServerError extends Error {
  override readonly name = "AgentServerError";
  /** The reason. Branch on this. */
  readonly code: ErrorCode;
  /** The HTTP status, derived from `code`. */
  readonly status: number;
  /** Text for people, or a JSON value. */
  readonly detail: unknown;
  /** Extra response headers. */
  readonly headers: Record<string, string>;
  readonly [BRAND] = true;

  /** `detail` defaults to a short text for the code. */
  constructor(code: ErrorCode, detail?: unknown, options: ErrorOptions = {}) {
    const body = detail ?? DEFAULT_DETAIL[code] ?? code;
    super(typeof body === "string" ? body : JSON.stringify(body), { cause: options.cause });
    this.code = code;
    this.status = STATUS[code];
    this.detail = body;
    this.headers = options.headers ?? {};
  }

  /** Tells whether a value is such an error. Works across several copies of this package, unlike `instanceof`. */
  static is(value: unknown): value is AgentServerError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** The refusal of what comes while something ends: the next server, or the next process, answers it in a moment. */
export function closingError(detail: string): AgentServerError {
  return new AgentServerError("unavailable", detail, { headers: { "retry-after": "1" } });
}

/** Whether a conversation is kept closed until a client has brought again what it depends on. */
export function isBindingRequired(error: unknown): error is AgentServerError {
  return AgentServerError.is(error) && error.code === "binding_required";
}

/** Returns the text of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
