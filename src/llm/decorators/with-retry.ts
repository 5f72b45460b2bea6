import type { Logger } from "../../logger.ts";
import type { Llm } from "../llm.ts";
import { LlmError } from "../llm-error.ts";

export interface RetryPolicy {
  /** Attempts in all, at least one is made. */
  attempts: number;
  /** Seconds: the wait before attempt n + 1 is `multiplier * 2^(n-1)` between `minWait` and `maxWait`. */
  multiplier: number;
  minWait: number;
  maxWait: number;
}

export interface RetryOptions {
  /** Resolves after that many milliseconds, rejects with the signal's reason. */
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  logger: Logger;
  /** Takes over after an empty answer, for example the same model less cold. */
  afterNoResponse?: Llm;
}

/** Seconds that a provider may ask to wait, where the policy's own limit is lower. */
const RETRY_AFTER_LIMIT = 120;

/**
 * Tries again what may succeed later. A provider's Retry-After wins over the backoff, up to 120 s or `maxWait`.
 *
 * A listener of deltas sees the pieces of every attempt, so after a cut stream the text starts anew; only the attempt
 * that succeeds becomes the reply. Rejects with the last attempt's error.
 */
export function withRetry(llm: Llm, policy: RetryPolicy, options: RetryOptions): Llm {
  const { sleep, logger } = options;
  return {
    async complete(request) {
      let current = llm;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await current.complete(request);
        } catch (error) {
          if (!(error instanceof LlmError) || !error.retryable || attempt >= policy.attempts) throw error;
          const wait = waitAfter(attempt, policy, error.retryAfter);
          logger.warn(
            { error: error.name, attempt, attempts: policy.attempts, wait },
            "model call failed, trying again",
          );
          await sleep(wait * 1000, request.signal);
          if (error.name === "LLMNoResponseError") current = options.afterNoResponse ?? llm;
        }
      }
    },
  };
}

/** Seconds to wait after the attempt of that number, counted from 1. */
export function waitAfter(attempt: number, policy: RetryPolicy, retryAfter?: number): number {
  if (retryAfter !== undefined) return Math.min(retryAfter, Math.max(RETRY_AFTER_LIMIT, policy.maxWait));
  const exponential = policy.multiplier * 2 ** (attempt - 1);
  return Math.max(policy.minWait, Math.min(policy.maxWait, exponential));
}

/** The `sleep` of production. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
    function done() {
      signal.removeEventListener("abort", abort);
      resolve();
    }
    function abort() {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}
