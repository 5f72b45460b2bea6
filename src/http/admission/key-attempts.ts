import { AgentServerError } from "../../errors.ts";
import { addressGroup } from "./address-group.ts";

/** Wrong keys in a row before an address has to wait. */
const BURST = 60;
/** Further wrong keys a second. */
const REFILL_PER_SECOND = 1;
/** Characters of a key, and different ones among them, from which on no number of requests finds it: over 100 bits. */
const LONG_KEY = 32;
const VARIED_KEY = 10;
/** Addresses that are remembered; past it the one known longest is forgotten. */
const MAX_ADDRESSES = 4096;

interface Caller {
  /** Wrong keys that the address may still show. */
  left: number;
  /** When `left` was last counted, in milliseconds since 1970. */
  countedAt: number;
  /** Right keys that the address has shown. */
  keys: Set<string>;
}

export interface KeyAttemptsOptions {
  isKey(candidate: string): boolean;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Compares keys, and slows an address down that shows wrong ones. */
export class KeyAttempts {
  readonly #isKey: (candidate: string) => boolean;
  readonly #now: () => number;
  readonly #callers = new Map<string, Caller>();

  constructor({ isKey, now }: KeyAttemptsOptions) {
    this.#isKey = isKey;
    this.#now = now;
  }

  /**
   * True for a right key. Throws `too_many_requests` for an address that has shown too many wrong ones, without saying
   * whether this one is right. Two kinds of right keys still pass, because all clients behind a proxy share an address
   * and one of them must not lock the others out: a key that the address has shown before, and a key too long to be
   * guessed, which the limit need not protect.
   */
  check(candidate: string | null, peerAddress: string | undefined): boolean {
    if (candidate === null || candidate === "") return false;
    const isRight = this.#isKey(candidate);
    if (peerAddress === undefined) return isRight;
    const caller = this.#callerAt(addressGroup(peerAddress));
    if (isRight && (caller.keys.has(candidate) || isBeyondGuessing(candidate))) return true;
    if (caller.left < 1) throw tooManyAttempts(caller.left);
    if (isRight) caller.keys.add(candidate);
    else caller.left -= 1;
    return isRight;
  }

  #callerAt(group: string): Caller {
    const now = this.#now();
    const caller = this.#callers.get(group);
    if (caller === undefined) return this.#remember(group, now);
    const seconds = Math.max(0, now - caller.countedAt) / 1000;
    caller.left = Math.min(BURST, caller.left + seconds * REFILL_PER_SECOND);
    caller.countedAt = now;
    return caller;
  }

  #remember(group: string, now: number): Caller {
    const [oldest] = this.#callers.keys();
    if (oldest !== undefined && this.#callers.size >= MAX_ADDRESSES) this.#callers.delete(oldest);
    const caller = { left: BURST, countedAt: now, keys: new Set<string>() };
    this.#callers.set(group, caller);
    return caller;
  }
}

function isBeyondGuessing(key: string): boolean {
  return key.length >= LONG_KEY && new Set(key).size >= VARIED_KEY;
}

function tooManyAttempts(left: number): AgentServerError {
  const seconds = Math.ceil((1 - left) / REFILL_PER_SECOND);
  return new AgentServerError("too_many_requests", "Too many wrong keys from this address", {
    headers: { "retry-after": String(seconds) },
  });
}
