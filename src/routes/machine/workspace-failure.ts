import { AgentServerError, type ErrorCode } from "../../errors.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../../workspace/workspace-error.ts";

const ANSWERS: Record<WorkspaceErrorCode, ErrorCode> = {
  not_found: "not_found",
  not_a_file: "bad_request",
  not_a_directory: "bad_request",
  invalid_path: "bad_request",
  permission_denied: "forbidden",
  too_large: "payload_too_large",
  no_space: "unavailable",
  closed: "unavailable",
  ownership_lost: "ownership_lost",
  unavailable: "unavailable",
};

/** Does something with a workspace and rejects with the answer to its failure, where the caller has no better one. */
export async function answeringFailures<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!WorkspaceError.is(error)) throw error;
    throw new AgentServerError(ANSWERS[error.code], error.message, { cause: error });
  }
}
