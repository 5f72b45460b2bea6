import { AgentServerError } from "../errors.ts";
import type { DocumentStore, StoredDocument } from "../stores/documents.ts";
import { settledWithin } from "../waiting.ts";
import type { MachineClaim } from "../workspace/machine-claim.ts";

/** Kind of the documents; each has the name of its conversation. */
const KIND = "machine-fence";
/** Documents that go when there is no room for another: those that were written longest ago. */
const FORGOTTEN_AT_ONCE = 1_000;
/** Attempts to write a document that others write at the same moment. */
const MAX_TRIES = 10;
/** Milliseconds that a later claim waits for what began under an earlier one. */
const DEFAULT_PATIENCE = 10_000;

export interface FencesOptions {
  documents: DocumentStore;
  /** Milliseconds that a later claim waits for what began under an earlier one. Default: 10,000. */
  patience?: number;
}

/** Something that is done under a claim. */
export interface Pass {
  /** Says that the effect has begun. May be called again. */
  settle(): void;
}

/**
 * The claims under which other servers work with the machine of this one. After something was let in under a claim,
 * nothing under an earlier one is, also after a restart; and the first thing under a claim waits until what was let in
 * under earlier ones has had its effect, so that it sees all of that.
 *
 * The claims on 10,000 conversations are known. With more of them, those that were raised longest ago are forgotten.
 */
export class Fences {
  readonly #documents: DocumentStore;
  readonly #patience: number;
  /** Passes that are not settled, by conversation. */
  readonly #passes = new Map<string, Set<OpenPass>>();

  constructor({ documents, patience = DEFAULT_PATIENCE }: FencesOptions) {
    this.#documents = documents;
    this.#patience = patience;
  }

  /**
   * Lets something in under a claim. Rejects with `precondition_failed` where a later claim was there, and with
   * `unavailable` while something under an earlier one is not settled. Always settle the pass.
   */
  async enter(claim: MachineClaim): Promise<Pass> {
    // Known before the fence is read: a later claim that comes in between waits for it.
    const pass = this.#open(claim);
    try {
      await this.#raise(claim);
      await this.#earlierSettled(claim);
      return pass;
    } catch (error) {
      pass.settle();
      throw error;
    }
  }

  #open({ conversationId, fence }: MachineClaim): OpenPass {
    const passes = this.#passes.get(conversationId) ?? new Set();
    this.#passes.set(conversationId, passes);
    const pass = new OpenPass(fence, () => {
      passes.delete(pass);
      if (passes.size === 0 && this.#passes.get(conversationId) === passes)
        this.#passes.delete(conversationId);
    });
    passes.add(pass);
    return pass;
  }

  /** Resolves once the fence is stored and none is later. */
  async #raise({ conversationId, fence }: MachineClaim): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const stored = await this.#documents.read(KIND, conversationId);
      const known = fenceOf(stored);
      if (known > fence) throw laterClaim({ conversationId, fence }, known);
      if (known === fence) return;
      if (await this.#write({ conversationId, fence }, stored)) return;
    }
    throw busy(`The claims on conversation ${conversationId} change too fast`);
  }

  async #write({ conversationId, fence }: MachineClaim, stored: StoredDocument | null): Promise<boolean> {
    const expected = stored?.revision ?? null;
    const change = { kind: KIND, name: conversationId, json: JSON.stringify({ fence }), expected };
    const write = async () => (await this.#documents.write([change])) === "written";
    try {
      return await write();
    } catch (error) {
      if (!AgentServerError.is(error) || error.code !== "payload_too_large") throw error;
      await this.#forgetOldest();
      return write();
    }
  }

  async #forgetOldest(): Promise<void> {
    const all = await this.#documents.list(KIND);
    const oldest = all.sort((a, b) => a.revision - b.revision).slice(0, FORGOTTEN_AT_ONCE);
    await this.#documents.write(
      oldest.map(({ kind, name, revision }) => ({ kind, name, json: null, expected: revision })),
    );
  }

  async #earlierSettled({ conversationId, fence }: MachineClaim): Promise<void> {
    const passes = this.#passes.get(conversationId) ?? [];
    const earlier = [...passes].filter((pass) => pass.fence < fence).map(({ settled }) => settled);
    if (earlier.length === 0 || (await settledWithin(Promise.all(earlier), this.#patience))) return;
    throw busy(`Something that began under an earlier claim on conversation ${conversationId} is not over`);
  }
}

class OpenPass implements Pass {
  readonly fence: number;
  readonly #settled = Promise.withResolvers<void>();
  readonly #left: () => void;

  constructor(fence: number, left: () => void) {
    this.fence = fence;
    this.#left = left;
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  settle(): void {
    this.#left();
    this.#settled.resolve();
  }
}

/** -1 without a document. One that cannot be read lets nothing in: a fence that is off is worse than none. */
function fenceOf(stored: StoredDocument | null): number {
  if (stored === null) return -1;
  const { fence }: { fence?: unknown } = JSON.parse(stored.json);
  if (typeof fence !== "number") throw new Error(`The document ${stored.name} of kind ${KIND} has no fence`);
  return fence;
}

function laterClaim({ conversationId, fence }: MachineClaim, known: number): AgentServerError {
  return new AgentServerError(
    "precondition_failed",
    `Another server works with this machine for conversation ${conversationId}, under a later claim: ${known}, not ${fence}`,
  );
}

function busy(detail: string): AgentServerError {
  return new AgentServerError("unavailable", detail, { headers: { "retry-after": "1" } });
}
