import { AgentServerError } from "../../errors.ts";
import type { ValidationErrorItem } from "../../wire/validation-error.ts";
import type { Authentication } from "../admission/authentication.ts";
import { type Answer, emptyAnswer, jsonAnswer, textAnswer } from "../answer.ts";
import type { RequestContext } from "../request-about.ts";
import { listFields, readQuery } from "./query.ts";
import { type RequestBody, readBody } from "./request-body.ts";
import { credentialsOf, type Route, type RouteOutcome, type RouteSpec } from "./route.ts";
import { type InputLocation, validate, validationError } from "./validation.ts";

/** What the core knows of a request when its route is reached. */
export interface Matched {
  params: Record<string, string>;
  context: RequestContext;
}

/** Answers the requests of one route. */
export type Endpoint = (request: Request, matched: Matched) => Promise<Answer | Response> | Answer;

export interface RouteHandlerOptions {
  authentication: Authentication;
  maxBodyBytes: number;
}

/** The reference reports malformed JSON before a missing key. Bounds what is read of unauthenticated callers to do so. */
const MAX_UNAUTHENTICATED_BYTES = 64 * 1024;

/** Wraps a route's handler in the checks of the reference, in its order: JSON syntax, key, validation. */
export function createRouteHandler(route: Route, options: RouteHandlerOptions): Endpoint {
  const { spec } = route;
  const lists = spec.query === undefined ? new Set<string>() : listFields(spec.query);

  const credentials = credentialsOf(spec);
  const admit = credentials.length === 0 ? undefined : options.authentication.checkOf(credentials);

  return async (request, { params, context }) => {
    if (admit !== undefined) {
      const admission = await admit(request);
      if (admission === undefined) return refuse(request, spec, options);
      context.principal = admission.principal;
    }
    const body = spec.body === undefined ? undefined : await readBody(request, options.maxBodyBytes);

    const items: ValidationErrorItem[] = [];
    const check = (
      schema: Parameters<typeof validate>[0] | undefined,
      input: unknown,
      location: InputLocation,
    ) => {
      if (schema === undefined) return undefined;
      const result = validate(schema, input, location);
      if (result.items !== undefined) items.push(...result.items);
      return result.value;
    };
    const input = {
      params: check(spec.params, params, "path"),
      query: check(spec.query, spec.query && readQuery(context.search, lists), "query"),
      body: body?.kind === "json" ? check(spec.body, body.value, "body") : undefined,
      request,
      principal: context.principal,
    };
    if (body !== undefined && body.kind !== "json") items.push(...withoutJson(body, spec));
    if (items.length > 0) throw validationError(items);

    const outcome = await route.handle(input);
    return outcome instanceof Response ? outcome : toAnswer(outcome);
  };
}

async function refuse(
  request: Request,
  spec: RouteSpec,
  { maxBodyBytes }: RouteHandlerOptions,
): Promise<never> {
  const limit = Math.min(maxBodyBytes, MAX_UNAUTHENTICATED_BYTES);
  const unread = spec.body === undefined ? undefined : await readBody(request, limit).catch(tooLargeOnly);
  const headers = AgentServerError.is(unread) ? unread.headers : {};
  throw new AgentServerError("unauthorized", undefined, { headers });
}

function tooLargeOnly(error: unknown): AgentServerError {
  if (AgentServerError.is(error) && error.code === "payload_too_large") return error;
  throw error;
}

/** Does not repeat the body: without a structure nothing shows which part of it is secret. */
function withoutJson(body: Exclude<RequestBody, { kind: "json" }>, spec: RouteSpec): ValidationErrorItem[] {
  if (body.kind === "absent") {
    if (spec.bodyOptional === true) return [];
    return [{ type: "missing", loc: ["body"], msg: "Field required", input: null }];
  }
  const contentType = body.contentType === "" ? "absent" : body.contentType.slice(0, 100);
  const error = `Content-Type should be application/json, and is ${contentType}`;
  const msg = "Input should be a valid dictionary or object to extract fields from";
  return [{ type: "model_attributes_type", loc: ["body"], msg, input: null, ctx: { error } }];
}

function toAnswer({ status, json, body, headers }: RouteOutcome): Answer {
  if (json !== undefined) return textAnswer(status, json, { "content-type": "application/json", ...headers });
  return body === undefined ? emptyAnswer(status, headers) : jsonAnswer(status, body, headers);
}
