import { isUuid, toDashed } from "../../wire/ids.ts";
import type { Answer } from "../answer.ts";
import type { RequestContext } from "../request-about.ts";
import type { RouteSpec } from "./route.ts";

/** A request whose credentials have been checked, before its body is read. */
export interface AdmittedRequest {
  request: Request;
  spec: RouteSpec;
  params: Readonly<Record<string, string>>;
  context: RequestContext;
}

/**
 * Decides which server answers a request of a route with `runsOn`. `answerHere` may be called again after it has
 * rejected, with a request whose body can be read.
 */
export type Dispatch = (
  admitted: AdmittedRequest,
  answerHere: (request: Request) => Promise<Answer | Response>,
) => Promise<Answer | Response>;

/** The id by which the server that must answer is found, dashed and in lower case; undefined where any can. */
export function claimedIdOf({ spec, request, params }: AdmittedRequest): string | undefined {
  const id = spec.claimedId?.(request, params) ?? params.conversation_id ?? params.runtime_conversation_id;
  return id !== undefined && isUuid(id) ? toDashed(id) : undefined;
}
