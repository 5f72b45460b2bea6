/** What can go wrong, by name. The name is the contract inside the process; the number is derived from it. */
const STATUS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  upgrade_required: 426,
  internal: 500,
  not_implemented: 501,
  unavailable: 503,
} as const;

/** The names of what can go wrong. */
export type ErrorCode = keyof typeof STATUS;

/** The texts the reference gives when a handler names none. */
const DEFAULT_DETAIL: Partial<Record<ErrorCode, string>> = {
  bad_request: "Bad Request",
  unauthorized: "Unauthorized",
  forbidden: "Forbidden",
  not_found: "Not Found",
  method_not_allowed: "Method Not Allowed",
  upgrade_required: "Upgrade Required",
};

const BRAND = Symbol.for("agent-server.error");

/** What an error may carry beside its code and detail. */
export interface ErrorOptions {
  /** Extra response headers, for example `Allow` on a 405. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/**
 * The one error of this package. `detail` goes on the wire as `{"detail": …}` for statuses below 500;
 * at 500 and above clients see it under `exception`, as the reference masks its own.
 */
export class AgentServerError extends Error {
  override readonly name = "AgentServerError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Record<string, string>;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, detail?: unknown, options: ErrorOptions = {}) {
    const body = detail ?? DEFAULT_DETAIL[code] ?? code;
    super(typeof body === "string" ? body : JSON.stringify(body), { cause: options.cause });
    this.code = code;
    this.status = STATUS[code];
    this.detail = body;
    this.headers = options.headers ?? {};
  }

  /** True also for errors of another copy of this package, which `instanceof` would miss. */
  static is(value: unknown): value is AgentServerError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
