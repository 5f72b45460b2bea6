import { AgentServerError } from "../../errors.ts";
import type { AdmittedRequest } from "../../http/route/dispatch.ts";
import { REQUEST_ID_HEADER } from "../../http/watching/request-id.ts";
import type { KeptBody, KeptBytes } from "./kept-body.ts";
import {
  type NodeRequests,
  passedHeaders,
  type ReachedNode,
  responseOf,
  type Tried,
} from "./node-requests.ts";

const BODILESS = new Set(["GET", "HEAD"]);

export interface ForwardedRequestParts {
  admitted: AdmittedRequest;
  /** The conversation that it is about. */
  id: string;
  /** Further headers. */
  headers: readonly (readonly [name: string, value: string])[];
  kept: KeptBytes;
  requests: NodeRequests;
}

/**
 * A request of a client on its way to another node, or back. Its body is read when it is first passed on. A short one
 * is kept, so that it can be sent again; before a long one is sent, the node is asked whether it is the right one.
 */
export class ForwardedRequest {
  readonly #parts: ForwardedRequestParts;
  #body: KeptBody | undefined;
  #isSpent = false;

  constructor(parts: ForwardedRequestParts) {
    this.#parts = parts;
  }

  /** The request with a body that can be read. Of a long body, once. */
  readable(): Request {
    const { request } = this.#parts.admitted;
    return this.#body === undefined ? request : this.#body.requestOf(request);
  }

  /** Whether `readable` works once more after it was read. */
  get canBeReadAgain(): boolean {
    return this.#parts.admitted.spec.body === undefined || this.#body?.isWhole === true;
  }

  /** Whether it can be sent once more. */
  get canBeSentAgain(): boolean {
    return !this.#isSpent;
  }

  /** Sends it on. Rejects with `unavailable` for a long one that has reached a node which is not the right one. */
  async sendTo(node: ReachedNode): Promise<Tried<Response>> {
    const body = await this.#keep();
    if (body === undefined || body.isWhole) return this.#send(node, body);
    const right = await this.#askFirst(node);
    if (right.kind !== "done") return right;
    this.#isSpent = true;
    const tried = await this.#send(node, body);
    if (tried.kind === "done" || tried.kind === "lost") return tried;
    throw new AgentServerError(
      "unavailable",
      "The conversation moved to another server while the request was sent. Send it again.",
      { headers: { "retry-after": "1" } },
    );
  }

  /** Gives back the memory of the body. */
  release(): void {
    this.#body?.release();
  }

  async #send(node: ReachedNode, body: KeptBody | undefined): Promise<Tried<Response>> {
    const { admitted, headers, requests } = this.#parts;
    const { request, context } = admitted;
    const length = body?.isWhole === false ? undefined : (body?.length ?? 0);
    return responseOf(
      await requests.send(node, {
        method: request.method,
        target: context.search === "" ? context.pathname : `${context.pathname}?${context.search}`,
        headers: [
          ...passedHeaders(request.headers, length).filter(([name]) => name !== REQUEST_ID_HEADER),
          // The log of that node then names the request as the log of this one does.
          [REQUEST_ID_HEADER, context.requestId],
          ...headers,
        ],
        body: body?.chunks() ?? null,
        signal: request.signal,
      }),
    );
  }

  async #askFirst(node: ReachedNode): Promise<Tried<Response>> {
    const { admitted, id, requests } = this.#parts;
    const target = `/cluster/conversations/${id}/hold`;
    const { signal } = admitted.request;
    return responseOf(await requests.send(node, { method: "POST", target, headers: [], body: null, signal }));
  }

  async #keep(): Promise<KeptBody | undefined> {
    const { admitted, kept } = this.#parts;
    if (isBodiless(admitted.request)) return undefined;
    this.#body ??= await kept.keep(admitted.request);
    return this.#body;
  }
}

function isBodiless({ method }: Request): boolean {
  return BODILESS.has(method);
}
