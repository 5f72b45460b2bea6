import { AgentServerError } from "../../errors.ts";
import type { Limiter } from "../../limits/limiter.ts";
import type { RateHeaders } from "../../limits/refusals.ts";
import { once } from "../../once.ts";
import { settledWithin } from "../../waiting.ts";
import type { AuditedRequest, Auditor } from "../access/auditor.ts";
import { type Caller, clientOf, OPERATOR } from "../access/caller.ts";
import { type Concealed, conceal, type FindReachFacts } from "../access/concealment.ts";
import { assertScope, namesConversation } from "../access/route-access.ts";
import type { Authentication } from "../admission/authentication.ts";
import { type Answer, isResponse } from "../answer.ts";
import type { EventStreams } from "../content/event-streams.ts";
import { isUpload } from "../content/upload.ts";
import type { RequestContext } from "../request-about.ts";
import type { KeySockets } from "../sockets/key-sockets.ts";
import { UNREAD } from "./body-errors.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Enter, Entered } from "./entrance.ts";
import { outcomeAnswer } from "./outcome.ts";
import { errorWithRate, rated } from "./rated.ts";
import { createInputReader, type InputReaderOptions } from "./read-input.ts";
import { readBody } from "./request-body.ts";
import { accessOf, credentialsOf, type Route, type RouteSpec } from "./route.ts";

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
  /** The refusal of what requires credentials while the server is not configured; undefined once it is. */
  dormant?: (() => AgentServerError | undefined) | undefined;
  /** Decides about requests that not every server can answer. Default: this one answers all. */
  dispatch?: Dispatch | undefined;
  /** Finds what decides whether a conversation is reached. */
  reachFacts: FindReachFacts;
  newId(): string;
  /** Decides about requests right before their handlers. Default: all are let in. */
  enter?: Enter | undefined;
  /** Ends the event streams of keys. Default: there are no scoped keys. */
  keySockets?: KeySockets | undefined;
  /** Holds callers to their limits. Default: they have none. */
  limiter?: Limiter | undefined;
  /** Reports what is allowed and refused. Default: nothing is reported. */
  auditor?: Auditor | undefined;
  /** Whether another server has passed a request on, which has counted it. Default: none has. */
  isPassedOn?: ((request: Request, context: RequestContext) => boolean) | undefined;
}

/**
 * The reference reports malformed JSON before a missing key. These bound what is read of unauthenticated callers for
 * it.
 */
const MAX_UNAUTHENTICATED_BYTES = 64 * 1024;
const MAX_UNAUTHENTICATED_MS = 5_000;

/**
 * Wraps a route's handler in the checks of the reference, in its order: JSON syntax, whether the server is configured,
 * key, limit of requests, scope, which server answers, validation, whether the caller reaches what the path names.
 */
export function createRouteHandler(route: Route, options: RouteHandlerOptions): Endpoint {
  const { spec } = route;
  const { eventStreams, limiter, auditor, keySockets, isPassedOn } = options;
  const access = accessOf(spec);
  const isLimited = namesConversation(access);
  const dispatch = spec.runsOn === undefined ? undefined : options.dispatch;
  const concealing = { find: options.reachFacts, newId: options.newId };
  const admit = admitOf(route, options);
  const isCounted = limiter !== undefined && route.admit === undefined && credentialsOf(spec).length > 0;
  const getReader = once(() => createInputReader(spec, options));

  return async (request, matched) => {
    if (admit === undefined) return answerSomewhere(request, matched);
    const { context } = matched;
    let rate: RateHeaders | undefined;
    try {
      const admission = await admit(request, context);
      if (AgentServerError.is(admission)) return await refuse(request, { spec, options, refusal: admission });
      context.caller = admission;
      if (isCounted && !isPassedOn?.(request, context)) rate = limiter.takeRequest(clientOf(admission));
      assertScope(admission.scope, access);
    } catch (error) {
      auditor?.refused(auditedBy(matched), error);
      throw errorWithRate(error, rate);
    }
    const answering = () => answerSomewhere(request, matched);
    return rated(isCounted ? () => limiter.within(clientOf(context.caller), answering) : answering, rate);
  };

  async function answerSomewhere(request: Request, matched: Matched): Promise<Answer | Response> {
    if (dispatch === undefined) return answerHere(request, matched);
    return dispatch({ request, spec, ...matched }, (readable) => answerHere(readable, matched));
  }

  function auditedBy({ params, context }: Matched): AuditedRequest {
    return { action: spec.id, access, params, context };
  }

  async function answerHere(request: Request, { params, context }: Matched): Promise<Answer | Response> {
    const { upload, ...input } = await getReader()(request, { params, search: context.search });
    const { caller } = context;
    let entered: Entered | undefined;
    try {
      entered = await options.enter?.(request, caller);
      const report = (target: string, reason: string) =>
        auditor?.allowed({ ...auditedBy({ params, context }), params: { id: target } }, reason);
      const given = { ...input, request, caller, begun: () => entered?.settle(), report };
      const concealed = isLimited ? await conceal(input.params, caller.reach, concealing) : undefined;
      reportEntry({ params, context }, concealed);
      const handled = concealed === undefined ? await handle(given) : await handleConcealed(given, concealed);
      const answer = endedWithKey(handled, { params, context });
      return entered === undefined ? answer : withHeaders(answer, entered.headers);
    } finally {
      entered?.settle();
      upload?.leave();
    }
  }

  function endedWithKey(answer: Answer | Response, matched: Matched): Answer | Response {
    if (keySockets === undefined || !isResponse(answer)) return answer;
    const ended = (reason: string) => auditor?.refused(auditedBy(matched), reason);
    return keySockets.guardAnswer(answer, matched.context.caller, ended);
  }

  function reportEntry(matched: Matched, concealed: Concealed | undefined): void {
    if (auditor === undefined) return;
    if (concealed === undefined) auditor.allowed(auditedBy(matched));
    else auditor.refused(auditedBy(matched), "The conversation is not among those that the caller reaches");
  }

  async function handle(input: Omit<HandlerInput, "principal">): Promise<Answer | Response> {
    const outcome = await route.handle({ ...input, principal: input.caller.principal });
    if (isResponse(outcome)) return outcome;
    const { request } = input;
    return outcomeAnswer(outcome, { request, responses: spec.responses, eventStreams });
  }

  async function handleConcealed(
    input: Omit<HandlerInput, "principal">,
    { params, reveal, revealError }: Concealed,
  ): Promise<Answer | Response> {
    try {
      return reveal(await handle({ ...input, params }));
    } catch (error) {
      throw revealError(error);
    }
  }
}

function withHeaders(answer: Answer | Response, headers: Entered["headers"]): Answer | Response {
  if (!isResponse(answer)) return { ...answer, headers: { ...answer.headers, ...headers } };
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  return answer;
}

type HandlerInput = Parameters<Route["handle"]>[0];

type Admission = Caller | AgentServerError;

/** The check of a route; undefined for one that requires nothing. */
function admitOf(
  { spec, admit }: Route,
  { authentication, dormant }: RouteHandlerOptions,
): ((request: Request, context: RequestContext) => Admission | Promise<Admission>) | undefined {
  if (admit !== undefined) return (request, context) => admit(request, context) ?? OPERATOR;
  const credentials = credentialsOf(spec);
  if (credentials.length === 0) {
    const waits = spec.waitsForInit === true && dormant !== undefined;
    return waits ? () => dormant() ?? OPERATOR : undefined;
  }
  const check = authentication.checkOf(credentials);
  return async (request, context) =>
    dormant?.() ?? (await check(request, context)) ?? new AgentServerError("unauthorized");
}

interface Refusing {
  spec: RouteSpec;
  options: RouteHandlerOptions;
  refusal: AgentServerError;
}

async function refuse(
  request: Request,
  { spec, options: { maxBodyBytes }, refusal }: Refusing,
): Promise<never> {
  const limit = Math.min(maxBodyBytes, MAX_UNAUTHENTICATED_BYTES);
  const isRead = spec.body === undefined || (!isUpload(spec.body) && (await readsWithin(request, limit)));
  if (isRead) throw refusal;
  throw new AgentServerError(refusal.code, refusal.detail, { headers: { ...refusal.headers, ...UNREAD } });
}

/** False for a body that is too long or arrives too slowly to be read to its end. Throws 422 for malformed JSON. */
async function readsWithin(request: Request, limit: number): Promise<boolean> {
  const reading = readBody(request, limit);
  if (!(await settledWithin(reading, MAX_UNAUTHENTICATED_MS))) return false;
  try {
    await reading;
    return true;
  } catch (error) {
    if (AgentServerError.is(error) && error.code === "payload_too_large") return false;
    throw error;
  }
}
