import { AgentServerError, type ErrorCode } from "../../errors.ts";
import { SourceError, type SourceErrorCode } from "../../extensions/checkout/source-error.ts";

/** The codes for which the request is not at fault. */
const STATUS: Partial<Record<SourceErrorCode, ErrorCode>> = {
  source_unavailable: "bad_gateway",
  timeout: "gateway_timeout",
};

/** Throws the failure of a fetch with its code for clients. */
export function fetchFailure(error: unknown): never {
  if (!(error instanceof SourceError)) throw error;
  const { code, message } = error;
  throw new AgentServerError(STATUS[code] ?? "unprocessable", { code, message }, { cause: error });
}
