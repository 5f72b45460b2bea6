import { setTimeout as sleep } from "node:timers/promises";
import { AgentServerError } from "../../errors.ts";
import type { Owner } from "../../stores/ownership.ts";
import { holderIn } from "../../stores/refusals.ts";
import type { NodeOwnership } from "../node-ownership.ts";
import type { ReachedNode, Tried } from "./node-requests.ts";
import type { Owners, Wanted } from "./owners.ts";

/** Milliseconds for which the node that must answer is looked for. */
const PATIENCE = 6_000;
/** Looks for it in that time, at least and at most: a machine may stand still for seconds. */
const MIN_TRIES = 4;
const MAX_TRIES = 20;
/** Milliseconds before the second look, and before each of the last ones. */
const FIRST_PAUSE = 25;
const LAST_PAUSE = 500;

/** Something that only the node which holds a conversation, or another id, can do. */
export interface Errand<T> {
  wanted: Wanted;
  /** Whether it may be done twice, and still can. */
  isRepeatable(): boolean;
  /** Does it here. */
  here(): Promise<T>;
  /** Whether `here` can be called once more after it was refused because another node is the holder. */
  canTurnAway(): boolean;
  there(node: ReachedNode): Promise<Tried<T>>;
  signal?: AbortSignal | undefined;
}

export interface ErrandsOptions {
  owners: Owners;
  ownership: NodeOwnership;
  /** Base URL where other nodes reach this one. */
  address: string;
  /** Aborts when this server answers only what it can answer without waiting. */
  ending: AbortSignal;
  /** Milliseconds since some fixed moment. */
  now(): number;
}

/** Does what only one node can do, wherever that is at the moment. */
export class Errands {
  readonly #options: ErrandsOptions;

  constructor(options: ErrandsOptions) {
    this.#options = options;
  }

  /**
   * Resolves with what came of it. Rejects as `here` does; with `unavailable` when the right node is not found in six
   * seconds, and with `bad_gateway` when it was lost while it may have done its part.
   */
  async run<T>(errand: Errand<T>): Promise<T> {
    const { owners, now, ending } = this.#options;
    const { id } = errand.wanted;
    const signal = errand.signal === undefined ? ending : AbortSignal.any([errand.signal, ending]);
    const end = now() + PATIENCE;
    let pause = FIRST_PAUSE;
    for (let tries = 1; ; tries += 1) {
      const tried = await this.#try(errand);
      if (tried.kind === "done") return tried.value;
      owners.forget(id);
      if (tried.kind === "lost" && !errand.isRepeatable()) throw lost(id, tried.reason);
      const isLate = tries === MAX_TRIES || (tries >= MIN_TRIES && now() >= end);
      if (isLate || ending.aborted) throw notFound(id);
      await sleep(pause, undefined, { signal }).catch((error: unknown) => {
        throw errand.signal?.aborted ? error : notFound(id);
      });
      pause = Math.min(pause * 2, LAST_PAUSE);
    }
  }

  async #try<T>(errand: Errand<T>): Promise<Tried<T>> {
    const owner = await this.#options.owners.other(errand.wanted);
    if (owner === undefined) return this.#here(errand);
    // One that others do not reach is outside of the cluster: the claim here is refused in its words.
    if (owner.address === undefined) return { kind: "done", value: await errand.here() };
    return this.#there(errand, owner);
  }

  async #here<T>(errand: Errand<T>): Promise<Tried<T>> {
    const { id } = errand.wanted;
    try {
      return { kind: "done", value: await this.#options.ownership.leavingToOthers(id, errand.here) };
    } catch (error) {
      if (!errand.canTurnAway()) throw error;
      // Also one that does not hold it but could, on the machine that the conversation is bound to.
      const holder = holderIn(error, id);
      if (holder !== undefined) return this.#there(errand, holder);
      if (this.#isPassing(error, errand.isRepeatable())) return { kind: "elsewhere" };
      throw error;
    }
  }

  #isPassing(error: unknown, isRepeatable: boolean): boolean {
    return isPassing(error, { isLeaving: this.#options.owners.isLeaving, isRepeatable });
  }

  async #there<T>(errand: Errand<T>, owner: Owner): Promise<Tried<T>> {
    const { address } = owner;
    // The second: an earlier process of this node, which does not count as dead yet.
    if (address === undefined || address === this.#options.address) return { kind: "elsewhere" };
    return errand.there({ ...owner, address });
  }
}

/**
 * Whether another node answers in a moment what is refused here. A write that was refused changed nothing, but others of
 * the same request may have been made before: only what may be done twice goes on elsewhere then.
 */
export function isPassing(
  error: unknown,
  { isLeaving, isRepeatable }: { isLeaving: boolean; isRepeatable: boolean },
): boolean {
  if (!AgentServerError.is(error)) return false;
  return (isRepeatable && error.code === "ownership_lost") || (isLeaving && error.code === "unavailable");
}

function notFound(id: string): AgentServerError {
  return new AgentServerError(
    "unavailable",
    `The server that holds ${id} cannot be reached. Try again in a moment.`,
    { headers: { "retry-after": "1" } },
  );
}

function lost(id: string, reason: string): AgentServerError {
  return new AgentServerError(
    "bad_gateway",
    `The server that holds ${id} was lost before it answered (${reason}). Whether it has done what it was asked for is not known.`,
  );
}
