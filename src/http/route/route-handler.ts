import { AgentServerError } from "../../errors.ts";
import type { Authentication } from "../admission/authentication.ts";
import type { Answer } from "../answer.ts";
import type { EventStreams } from "../content/event-streams.ts";
import { isUpload } from "../content/upload.ts";
import type { RequestContext } from "../request-about.ts";
import { UNREAD } from "./body-errors.ts";
import { outcomeAnswer } from "./outcome.ts";
import { createInputReader, type InputReaderOptions } from "./read-input.ts";
import { readBody } from "./request-body.ts";
import { credentialsOf, type Route, type RouteSpec } from "./route.ts";

/** Facts about a request that has reached its route. */
export interface Matched {
  params: Record<string, string>;
  context: RequestContext;
}

/** Answers the requests of one route. */
export type Endpoint = (request: Request, matched: Matched) => Promise<Answer | Response> | Answer;

export interface RouteHandlerOptions extends InputReaderOptions {
  authentication: Authentication;
  eventStreams: EventStreams;
}

/** The reference reports malformed JSON before a missing key. Bounds what is read of unauthenticated callers to do so. */
const MAX_UNAUTHENTICATED_BYTES = 64 * 1024;

/** Wraps a route's handler in the checks of the reference, in its order: JSON syntax, key, validation. */
export function createRouteHandler(route: Route, options: RouteHandlerOptions): Endpoint {
  const { spec } = route;
  const { eventStreams } = options;
  const credentials = credentialsOf(spec);
  const admit = credentials.length === 0 ? undefined : options.authentication.checkOf(credentials);
  const readInput = createInputReader(spec, options);

  return async (request, { params, context }) => {
    if (admit !== undefined) {
      const admission = await admit(request);
      if (admission === undefined) return refuse(request, spec, options);
      context.principal = admission.principal;
    }
    const { upload, ...input } = await readInput(request, { params, search: context.search });
    try {
      const outcome = await route.handle({ ...input, request, principal: context.principal });
      if (outcome instanceof Response) return outcome;
      return await outcomeAnswer(outcome, { request, responses: spec.responses, eventStreams });
    } finally {
      await upload?.discard();
    }
  };
}

async function refuse(
  request: Request,
  spec: RouteSpec,
  { maxBodyBytes }: RouteHandlerOptions,
): Promise<never> {
  if (isUpload(spec.body)) throw new AgentServerError("unauthorized", undefined, { headers: UNREAD });
  const limit = Math.min(maxBodyBytes, MAX_UNAUTHENTICATED_BYTES);
  const unread = spec.body === undefined ? undefined : await readBody(request, limit).catch(tooLargeOnly);
  const headers = AgentServerError.is(unread) ? unread.headers : {};
  throw new AgentServerError("unauthorized", undefined, { headers });
}

function tooLargeOnly(error: unknown): AgentServerError {
  if (AgentServerError.is(error) && error.code === "payload_too_large") return error;
  throw error;
}
