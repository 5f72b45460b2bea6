import { connectionHeaders } from "../../outbound/peers/connection-headers.ts";
import type { AskPeer, PeerOutcome } from "../../outbound/peers/peer-request.ts";
import type { Owner } from "../../stores/ownership.ts";
import { type MembershipProofs, PROOF_HEADER, REFUSED_HEADER } from "../membership-proof.ts";
import type { LivingNodes } from "./living-nodes.ts";

/** A node with an address. */
export type ReachedNode = Owner & { readonly address: string };

/**
 * What came of an attempt at another node. `elsewhere`: that node does not hold it. `unsent`: it was not reached.
 * `lost`: it may have done its part.
 */
export type Tried<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "elsewhere" }
  | { readonly kind: "unsent" | "lost"; readonly reason: string };

export interface NodeRequest {
  method: string;
  /** Path below the address, with the query. */
  target: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: AsyncIterable<Uint8Array> | null;
  signal: AbortSignal;
}

export interface NodeRequestsOptions {
  ask: AskPeer;
  proofs: MembershipProofs;
  living: LivingNodes;
  /** Milliseconds since 1970. */
  now(): number;
  /** Receives why a node was not reached, for each node once a minute. */
  unreached(address: string, reason: string): void;
}

/** Milliseconds in which one node is reported once. */
const REPORT_PERIOD = 60_000;

/** Requests to other nodes, with a proof that they come from a node. */
export class NodeRequests {
  readonly #options: NodeRequestsOptions;
  /** When each node that was not reached was reported last. */
  readonly #reported = new Map<string, number>();

  constructor(options: NodeRequestsOptions) {
    this.#options = options;
  }

  /** Rejects only with the reason of the signal. A node that counts as dead meanwhile is not waited for. */
  async send({ node, address }: ReachedNode, { signal, ...request }: NodeRequest): Promise<PeerOutcome> {
    const { ask, proofs, living } = this.#options;
    const headers = [...request.headers, [PROOF_HEADER, proofs.proofFor(request, address)] as const];
    const life = living.watch(node);
    const either = AbortSignal.any([signal, life.signal]);
    try {
      const outcome = this.#recognised(await ask({ ...request, address, headers, signal: either }));
      if (outcome.kind === "answered") void outcome.ended.then(life.end);
      else life.end();
      if (outcome.kind === "unsent") this.#report(address, outcome.reason);
      return outcome;
    } catch (error) {
      life.end();
      if (signal.aborted) throw error;
      return { kind: "lost", reason: "the node counts as dead" };
    }
  }

  /** A node that refuses the proof has done nothing: clients are not to blame for it. */
  #recognised(outcome: PeerOutcome): PeerOutcome {
    if (outcome.kind !== "answered" || !outcome.headers.has(REFUSED_HEADER)) return outcome;
    void outcome.body?.cancel();
    const ahead = Date.parse(outcome.headers.get("date") ?? "") - this.#options.now();
    const seconds = Math.round(Math.abs(ahead) / 1_000);
    const clocks = Number.isNaN(ahead) ? "" : `; its clock is ${seconds} s ${ahead < 0 ? "behind" : "ahead"}`;
    return { kind: "unsent", reason: `it does not recognise this server as one of the cluster${clocks}` };
  }

  /** Clients learn only that it was not reached: a wrong certificate, for one, is a matter of the operator. */
  #report(address: string, reason: string): void {
    const now = performance.now();
    for (const [node, at] of this.#reported) if (now - at > REPORT_PERIOD) this.#reported.delete(node);
    if (this.#reported.has(address)) return;
    this.#reported.set(address, now);
    this.#options.unreached(address, reason);
  }
}

/** Marks the answer of a node that does not hold what it was asked about. It never reaches a client. */
export const ELSEWHERE_HEADER = "x-agent-server-elsewhere";
/** Status of that answer: Misdirected Request. */
export const ELSEWHERE = 421;

/** Reads the outcome of a request that only the right node answers. */
export function responseOf(outcome: PeerOutcome): Tried<Response> {
  if (outcome.kind !== "answered") return outcome;
  const { status, headers, body } = outcome;
  const isElsewhere = status === ELSEWHERE && headers.has(ELSEWHERE_HEADER);
  if (!isElsewhere) return { kind: "done", value: new Response(body, { status, headers }) };
  void body?.cancel();
  return { kind: "elsewhere" };
}

/** The headers of a client's request that go along. What proves the membership of a node is never a client's. */
export function passedHeaders(headers: Headers, length: number | undefined): [string, string][] {
  const isOfConnection = connectionHeaders(headers.get("connection"));
  const isReplaced = (name: string) =>
    name === PROOF_HEADER || name === "expect" || (name === "content-length" && length !== undefined);
  const passed = [...headers].filter(([name]) => !isOfConnection(name) && !isReplaced(name));
  return length === undefined || length === 0 ? passed : [...passed, ["content-length", String(length)]];
}
