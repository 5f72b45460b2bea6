import { AgentServerError } from "../../errors.ts";
import type { ValidationErrorItem } from "../../wire/validation-error.ts";

/** Unread body bytes would be parsed as the next request on the connection. */
export const UNREAD = { connection: "close" } as const;

/** The 413 of a body whose rest stays unread. */
export function bodyTooLarge(detail: string): AgentServerError {
  return new AgentServerError("payload_too_large", detail, { headers: UNREAD });
}

/** The 400 of a body that is not what its content type says. */
export function bodyMalformed(headers: Record<string, string> = {}): AgentServerError {
  return new AgentServerError("bad_request", "There was an error parsing the body", { headers });
}

/** A required part of the body that was not sent. Without a field, the whole body is missing. */
export function missingFromBody(...field: string[]): ValidationErrorItem {
  return { type: "missing", loc: ["body", ...field], msg: "Field required", input: null };
}
