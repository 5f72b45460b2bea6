import { type Answer, emptyAnswer } from "../../http/answer.ts";
import { type AdmittedRequest, claimedIdOf, type Dispatch } from "../../http/route/dispatch.ts";
import type { RouteSpec } from "../../http/route/route.ts";
import { holderIn } from "../../stores/refusals.ts";
import { type MembershipProofs, PROOF_HEADER } from "../membership-proof.ts";
import type { NodeOwnership } from "../node-ownership.ts";
import { type Errands, isPassing } from "./errands.ts";
import { EveryNode } from "./every-node.ts";
import { ForwardedRequest } from "./forwarded-request.ts";
import type { KeptBytes } from "./kept-body.ts";
import { ELSEWHERE, ELSEWHERE_HEADER, type NodeRequests } from "./node-requests.ts";
import type { Owners, Wanted } from "./owners.ts";

export interface ForwardingOptions {
  owners: Owners;
  errands: Errands;
  ownership: NodeOwnership;
  requests: NodeRequests;
  proofs: MembershipProofs;
  kept: KeptBytes;
  newId(): string;
  /** Called for a node that did not take a request which all nodes need. */
  missed(address: string, reason: string): void;
}

type AnswerHere = Parameters<Dispatch>[1];

/** Methods of requests that need no conversation in memory, or are refused again without harm. */
const LOOKING = new Set(["GET", "HEAD", "DELETE"]);

/** Brings what only one node can answer to that node, in one hop. */
export class Forwarding {
  readonly #options: ForwardingOptions;
  readonly #everyNode: EveryNode;

  constructor(options: ForwardingOptions) {
    this.#options = options;
    this.#everyNode = new EveryNode(options);
  }

  /** Answers a request here, or lets the node answer that holds what it is about. */
  readonly dispatch: Dispatch = async (admitted, answerHere) => {
    const { spec, request } = admitted;
    if (spec.runsOn === "every") return this.#asEvery(admitted, answerHere);
    const id = claimedIdOf(admitted);
    if (id === undefined) return answerHere(request);
    const wanted = { id, isTaken: spec.runsOn === "owner" && !LOOKING.has(request.method) };
    const proof = request.headers.get(PROOF_HEADER);
    if (proof !== null) this.#assertMember(proof, admitted);
    if (proof === null) return this.#asFirst(wanted, admitted, answerHere);
    return this.#asHop(wanted, isRepeatable(spec), () => answerHere(request));
  };

  async #asEvery(admitted: AdmittedRequest, answerHere: Parameters<Dispatch>[1]): Promise<Answer | Response> {
    const id = claimedIdOf(admitted);
    const proof = admitted.request.headers.get(PROOF_HEADER);
    if (proof !== null) this.#assertMember(proof, admitted);
    const here = (readable: Request) =>
      id === undefined
        ? answerHere(readable)
        : this.#options.ownership.leavingToOthers(id, () => answerHere(readable));
    return proof === null ? this.#everyNode.answer(admitted, here) : here(admitted.request);
  }

  async #asFirst(
    wanted: Wanted,
    admitted: AdmittedRequest,
    answerHere: AnswerHere,
  ): Promise<Answer | Response> {
    const { spec, request } = admitted;
    const headers = this.#eventHeader(admitted);
    const forwarded = new ForwardedRequest({ ...this.#options, admitted, id: wanted.id, headers });
    try {
      return await this.#options.errands.run<Answer | Response>({
        wanted,
        isRepeatable: () => isRepeatable(spec) && forwarded.canBeSentAgain,
        canTurnAway: () => forwarded.canBeReadAgain,
        here: () => answerHere(forwarded.readable()),
        there: (node) => forwarded.sendTo(node),
        signal: request.signal,
      });
    } finally {
      forwarded.release();
    }
  }

  /** Never passes a request on: the node that has sent it looks again. */
  async #asHop(
    wanted: Wanted,
    isRepeatable: boolean,
    answerHere: () => Promise<Answer | Response>,
  ): Promise<Answer | Response> {
    const { owners, ownership } = this.#options;
    owners.forget(wanted.id);
    if ((await owners.other(wanted)) !== undefined) return elsewhere();
    try {
      return await ownership.leavingToOthers(wanted.id, answerHere);
    } catch (error) {
      const { isLeaving } = owners;
      if (!isPassing(error, { isLeaving, isRepeatable }) && holderIn(error, wanted.id) === undefined)
        throw error;
      return elsewhere();
    }
  }

  /** @throws AgentServerError `forbidden` for a proof that no node has made for this request */
  #assertMember(proof: string, { request, context: { pathname, search } }: AdmittedRequest): void {
    const target = search === "" ? pathname : `${pathname}?${search}`;
    const refusal = this.#options.proofs.refusalOf(proof, { method: request.method, target });
    if (refusal !== undefined) throw refusal;
  }

  /** A message that is sent again must not stand in the log twice, so its event has an id from here on. */
  #eventHeader({ spec, request }: AdmittedRequest): [string, string][] {
    const { eventIdHeader } = spec;
    if (eventIdHeader === undefined || request.headers.has(eventIdHeader)) return [];
    return [[eventIdHeader, this.#options.newId()]];
  }
}

function isRepeatable({ method, repeatable = method === "GET" || method === "HEAD" }: RouteSpec): boolean {
  return repeatable;
}

function elsewhere(): Answer {
  return emptyAnswer(ELSEWHERE, { [ELSEWHERE_HEADER]: "1" });
}
