import { setTimeout as sleepFor } from "node:timers/promises";
import { type Logger, silentLogger } from "../../logger.ts";
import { LONGEST_TIMER } from "../../waiting.ts";
import type { Llm } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { withComplete } from "./with-complete.ts";

/** How often to try and how long to wait between attempts. */
export interface RetryPolicy {
  /** Attempts in all; 1 or less makes one attempt. */
  attempts: number;
  /** Seconds: the wait after attempt n is `multiplier * 2^(n-1)`, at least `minWait` and at most `maxWait`. */
  multiplier: number;
  /** Seconds. */
  minWait: number;
  /** Seconds. */
  maxWait: number;
}

/** Pauses for a number of milliseconds; rejects when the signal fires. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

/** Options of `withRetry`. */
export interface RetryOptions {
  /** Receives a warning for each failed attempt. Default: none. */
  logger?: Logger;
  /** Pauses between attempts. Default: a timer. */
  sleep?: Sleep;
  /** Model for the attempts after an empty reply, such as the same model at a higher temperature. Default: the same. */
  afterNoResponse?: Llm;
}

/** Seconds that a provider may ask to wait where the policy's own limit is lower. */
const RETRY_AFTER_LIMIT = 120;

/**
 * Repeats calls that fail with a retryable `LlmError`. The provider's `Retry-After` wins over the computed wait, up to
 * 120 seconds or `maxWait`, whichever is longer. Rejects with the error of the last attempt, or with the signal's
 * reason when the request is aborted, also during a wait.
 *
 * Deltas of every attempt are passed on, so that text starts again after a broken stream: `onRestart` says where. Only the reply of the
 * attempt that succeeds is returned.
 */
export function withRetry(llm: Llm, policy: RetryPolicy, options: RetryOptions = {}): Llm {
  const { sleep = pause, logger = silentLogger, afterNoResponse = llm } = options;
  return withComplete(llm, async (request) => {
    let current = llm;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await current.complete(request);
      } catch (error) {
        if (!LlmError.is(error)) throw error;
        const failure = { error: error.name, detail: error.message, attempt, attempts: policy.attempts };
        if (!error.retryable || attempt >= policy.attempts) {
          logger.warn(failure, "model call failed");
          throw error;
        }
        const wait = waitAfter(attempt, policy, error.retryAfter);
        logger.warn({ ...failure, wait }, "model call failed, trying again");
        await sleep(Math.min(wait * 1000, LONGEST_TIMER), request.signal).catch((reason: unknown) => {
          request.signal.throwIfAborted();
          throw reason;
        });
        if (error.name === "LLMNoResponseError") current = afterNoResponse;
        request.onRestart?.();
      }
    }
  });
}

/** Seconds to wait after an attempt, counted from 1. */
export function waitAfter(attempt: number, policy: RetryPolicy, retryAfter?: number): number {
  if (retryAfter !== undefined) return Math.min(retryAfter, Math.max(RETRY_AFTER_LIMIT, policy.maxWait));
  const exponential = policy.multiplier * 2 ** (attempt - 1);
  return Math.max(policy.minWait, Math.min(policy.maxWait, exponential));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<unknown> {
  return sleepFor(milliseconds, undefined, { signal });
}
