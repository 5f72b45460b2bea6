import { type Answer, isResponse } from "./answer.ts";
import type { RequestAbout } from "./request-about.ts";

/** Runs the stages behind this one, then the route. Never rejects: an error they throw has become an answer by then. */
export type Next = () => Promise<Answer | Response>;

/**
 * Code around every request, for example an access log, a limit or a span.
 *
 * - Order: a request passes the server's own stages first (CORS headers, the guards of peers, hosts and origins,
 *   pre-flights), then the stages of the host in their order, then the route. Answers come back the other way round.
 * - `next()` may be called once. A stage that does not call it answers alone.
 * - A throw becomes an answer for the stage before: an `AgentServerError` its status and detail, anything else a logged 500.
 * - A body that is a stream has not been read when `next()` resolves. To see it, answer with a `Response` around
 *   `body.pipeThrough(…)`. The stream of a response that is not passed on is cancelled.
 * - An upgrade passes too, with `about.upgrade`. An accepted one is an `Answer` with status 101; any other answer refuses
 *   it. A socket that shows its key in its first frame has no principal yet.
 */
export type Stage = (request: Request, next: Next, about: RequestAbout) => Promise<Answer | Response>;

interface StageRun {
  request: Request;
  about: RequestAbout;
  /** Answers the request behind the last stage. */
  endpoint(): Promise<Answer | Response> | Answer | Response;
  /** Turns anything thrown into an answer. */
  recover(error: unknown): Answer | Response;
}

/** Sends a request through stages to its endpoint. Never rejects. */
export function runStages(
  stages: readonly Stage[],
  { request, about, endpoint, recover }: StageRun,
): Promise<Answer | Response> {
  const enter = async (index: number): Promise<Answer | Response> => {
    const stage = stages[index];
    let inner: Answer | Response | undefined;
    let entered = false;
    const next = async () => {
      if (entered) throw new Error("a stage may call next() once");
      entered = true;
      inner = await enter(index + 1);
      return inner;
    };
    let outer: Answer | Response;
    try {
      outer = stage === undefined ? await endpoint() : await stage(request, next, about);
    } catch (error) {
      outer = recover(error);
    }
    if (inner !== undefined && isResponse(inner)) cancelUnlessPassedOn(inner, outer);
    return outer;
  };
  return enter(0);
}

/** Ends a stream that nothing will read, so that what feeds it is released. */
function cancelUnlessPassedOn(inner: Response, outer: Answer | Response): void {
  if (inner.body === null || inner.body === outer.body || inner.body.locked) return;
  inner.body.cancel().catch(() => {});
}
