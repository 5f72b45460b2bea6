import type { CallerLimits } from "../../limits/caller-limits.ts";
import type { Client } from "../../limits/client.ts";
import { EVERYTHING, type Principal, type Reach, type Scope } from "../../principal.ts";

/** An admitted caller with what it may do. */
export interface Caller {
  /** null for one without a name: a session key, or anyone where none is required. */
  readonly principal: Principal | null;
  readonly scope: Scope;
  readonly reach: Reach;
  /** The scoped key that admitted it; undefined for other credentials. */
  readonly keyId?: string | undefined;
  /** Tells the texts that the key has had apart. */
  readonly keyVersion?: string | undefined;
  /** The limits of that key. */
  readonly limits?: CallerLimits | undefined;
}

/** The caller as one whose uses are counted. */
export function clientOf({ principal, keyId, limits = {} }: Caller): Client {
  const principalId = principal?.id ?? null;
  return keyId === undefined ? { principalId } : { principalId, key: { id: keyId, limits } };
}

/** A caller without a name. Session keys are those of the operator, so they allow everything. */
export const OPERATOR: Caller = Object.freeze({ principal: null, scope: "admin", reach: EVERYTHING });

/** Returns what a principal of the host may do: with its own conversations, unless the host says more. */
export function callerOf(principal: Principal): Caller {
  const { scope = "write", conversations = "own" } = principal.access ?? {};
  const isLimited = scope !== "admin" && conversations === "own";
  return { principal, scope, reach: isLimited ? { createdBy: principal.id } : EVERYTHING };
}
