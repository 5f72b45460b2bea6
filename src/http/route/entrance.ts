import type { Caller } from "../access/caller.ts";

/** A request that was let in to its handler. */
export interface Entered {
  /** Headers of its answer. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called when the effect of the request has begun, and when it is answered. */
  settle(): void;
}

/**
 * Decides about a request whose input was read, right before its handler: until then its body may have taken any time.
 * Rejects with the refusal. undefined for a request that needs no decision.
 */
export type Enter = (request: Request, caller: Caller) => Promise<Entered> | undefined;
