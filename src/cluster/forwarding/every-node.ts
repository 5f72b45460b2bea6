import { AgentServerError } from "../../errors.ts";
import type { Answer } from "../../http/answer.ts";
import type { AdmittedRequest } from "../../http/route/dispatch.ts";
import type { NodeOwnership } from "../node-ownership.ts";
import type { KeptBody, KeptBytes } from "./kept-body.ts";
import { type NodeRequests, passedHeaders, type ReachedNode } from "./node-requests.ts";

/** Milliseconds that each node has to answer. */
const LIMIT = 10_000;

export interface EveryNodeOptions {
  ownership: NodeOwnership;
  requests: NodeRequests;
  kept: KeptBytes;
  /** Called for a node that did not take the request. */
  missed(address: string, reason: string): void;
}

/** Answers requests that all nodes need, since each keeps in memory what they bring. */
export class EveryNode {
  readonly #options: EveryNodeOptions;

  constructor(options: EveryNodeOptions) {
    this.#options = options;
  }

  /**
   * Answers here, then tells the other nodes, unless the request was refused. Resolves once each of them has answered or
   * is not waited for any longer.
   */
  async answer(
    admitted: AdmittedRequest,
    answerHere: (request: Request) => Promise<Answer | Response>,
  ): Promise<Answer | Response> {
    const body = await this.#options.kept.keep(admitted.request);
    try {
      if (!body.isWhole)
        throw new AgentServerError("payload_too_large", "The request is too long for all servers");
      const answer = await answerHere(body.requestOf(admitted.request));
      if (answer.status < 300) await this.#tellOthers(admitted, body);
      return answer;
    } finally {
      body.release();
    }
  }

  async #tellOthers(admitted: AdmittedRequest, body: KeptBody): Promise<void> {
    const { ownership, missed } = this.#options;
    const others = (await ownership.nodes()).filter((node) => isReached(node) && !ownership.isOwn(node));
    await Promise.all(
      (others as ReachedNode[]).map(async (node) => {
        const reason = await this.#tell(node, admitted, body);
        if (reason !== undefined) missed(node.address, reason);
      }),
    );
  }

  /** Resolves with the reason for which a node has not taken the request. */
  async #tell(
    node: ReachedNode,
    { request, context: { pathname, search } }: AdmittedRequest,
    body: KeptBody,
  ): Promise<string | undefined> {
    const signal = AbortSignal.timeout(LIMIT);
    const { method, headers } = request;
    const target = search === "" ? pathname : `${pathname}?${search}`;
    const passed = {
      method,
      target,
      headers: passedHeaders(headers, body.length),
      body: body.chunks(),
      signal,
    };
    const outcome = await this.#options.requests.send(node, passed).catch(() => undefined);
    if (outcome?.kind !== "answered") return outcome?.reason ?? "no answer in time";
    await outcome.body?.cancel();
    return outcome.status < 300 ? undefined : `it answered with the status ${outcome.status}`;
  }
}

function isReached({ address }: { address?: string }): boolean {
  return address !== undefined;
}
