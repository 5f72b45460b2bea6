import { AgentServerError } from "../errors.ts";
import type { Account } from "./client.ts";
import { type Left, limitReached } from "./refusals.ts";

interface Bucket {
  /** Requests that may come at once. */
  left: number;
  /** When `left` was last counted, in milliseconds since 1970. */
  countedAt: number;
}

const MINUTE = 60_000;
/** Accounts that are counted at a time. */
const MAX_BUCKETS = 10_000;
/** Milliseconds between two looks for accounts that have rested. */
const SWEEP_PAUSE = 1_000;

/**
 * Counts requests. A bucket that is in use is never forgotten, because that would fill it: past the bound new callers
 * wait until others have rested for a minute.
 */
export class RequestBuckets {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts a request for each account, or for none.
   *
   * @throws AgentServerError `too_many_requests` with the seconds to wait
   */
  take(accounts: readonly Account[]): Left | undefined {
    const limited = accounts.flatMap((account) => {
      const limit = account.limits.requestsPerMinute;
      return limit === undefined ? [] : [{ account, limit, bucket: this.#bucketOf(account.name, limit) }];
    });
    const empty = limited.filter(({ bucket }) => bucket.left < 1);
    const [refused] = empty.toSorted((a, b) => secondsUntil(1, b) - secondsUntil(1, a));
    if (refused !== undefined) {
      const { account, limit } = refused;
      const seconds = secondsUntil(1, refused);
      throw limitReached({ account, name: "requestsPerMinute", limit, seconds, window: 60 });
    }
    for (const { bucket } of limited) bucket.left -= 1;
    const [scarcest] = limited.toSorted((a, b) => a.bucket.left - b.bucket.left);
    return (
      scarcest && {
        name: "requestsPerMinute",
        limit: scarcest.limit,
        left: Math.floor(scarcest.bucket.left),
        seconds: secondsUntil(scarcest.limit, scarcest),
        window: 60,
      }
    );
  }

  #bucketOf(name: string, limit: number): Bucket {
    const now = this.#now();
    const bucket = this.#buckets.get(name) ?? this.#newBucket(name, limit, now);
    // A clock that was set back fills nothing.
    const minutes = Math.max(0, now - bucket.countedAt) / MINUTE;
    bucket.left = Math.min(limit, bucket.left + minutes * limit);
    bucket.countedAt = now;
    return bucket;
  }

  #newBucket(name: string, limit: number, now: number): Bucket {
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetRested(now);
    if (this.#buckets.size >= MAX_BUCKETS) {
      throw new AgentServerError("too_many_requests", "requests_per_minute: too many callers at once", {
        headers: { "retry-after": "60" },
      });
    }
    const bucket = { left: limit, countedAt: now };
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #forgetRested(now: number): void {
    if (Math.abs(now - this.#sweptAt) < SWEEP_PAUSE) return;
    this.#sweptAt = now;
    for (const [name, { countedAt }] of this.#buckets) {
      if (now - countedAt >= MINUTE) this.#buckets.delete(name);
    }
  }
}

function secondsUntil(wanted: number, { bucket, limit }: { bucket: Bucket; limit: number }): number {
  return Math.max(0, Math.ceil(((wanted - bucket.left) * 60) / limit));
}
