import type { RequestBegun, RequestEnded } from "../../observing/observer.ts";
import type { Observers } from "../../observing/observers.ts";
import { type Answer, isResponse } from "../answer.ts";
import type { RequestAbout } from "../request-about.ts";
import type { Stage } from "../stages.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";

/**
 * The stage around all others that shows requests to observers, those included that a guard refuses, and answers each
 * with its id. None where nothing watches.
 */
export function watchedRequests(observers: Observers): readonly Stage[] {
  if (!observers.watches("request")) return [];
  return [
    (request, next, about) =>
      observers.watch("request", describe(request, about), {
        work: async () => withRequestId(await next(), about),
        ended: (answer) => endOf(answer, about),
      }),
  ];
}

function describe({ method, headers }: Request, about: RequestAbout): RequestBegun {
  return {
    method,
    route: about.route?.path,
    isUpgrade: about.upgrade,
    peerAddress: about.peerAddress,
    get requestId() {
      return about.requestId;
    },
    header: (name) => headers.get(name),
  };
}

function endOf(answer: Answer | Response, about: RequestAbout): RequestEnded {
  return {
    status: answer.status,
    get bytes() {
      return bytesOf(answer);
    },
    principalId: about.principal?.id,
  };
}

function bytesOf(answer: Answer | Response): number | undefined {
  if (!isResponse(answer)) return answer.body === null ? 0 : Buffer.byteLength(answer.body);
  if (answer.body === null) return 0;
  const length = answer.headers.get("content-length");
  return length === null ? undefined : Number(length);
}

/** Headers of an accepted upgrade are the host's matter. Those of some responses cannot be changed. */
function withRequestId(answer: Answer | Response, { requestId, upgrade }: RequestAbout): Answer | Response {
  if (upgrade) return answer;
  if (!isResponse(answer))
    return { ...answer, headers: { ...answer.headers, [REQUEST_ID_HEADER]: requestId } };
  try {
    answer.headers.set(REQUEST_ID_HEADER, requestId);
    return answer;
  } catch {
    const headers = new Headers(answer.headers);
    headers.set(REQUEST_ID_HEADER, requestId);
    const { status, statusText } = answer;
    return new Response(answer.body, { status, statusText, headers });
  }
}
