import { messageOf } from "../../errors.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import { withComplete } from "../decorators/with-complete.ts";
import { isBudgetExceeded, isQuotaExceeded } from "../failure/exceeded.ts";
import type { Llm } from "../llm.ts";
import { LlmError } from "../llm-error.ts";

/**
 * Asks other models, in order, when the first one fails for a reason that may not concern them: what retries did not
 * help, or a provider's quota. Each call begins with the first model. A reply of another model counts like one of the
 * first: its tokens and its cost are booked for the same use.
 *
 * Rejects with the first model's error when all fail. A budget that is used up ends the search: it would be spent by
 * the next model, too. Give models that retry themselves, such as those of `builtIn`, or else they are asked once.
 */
export function withFallbacks(llm: Llm, fallbacks: readonly Llm[], logger: Logger = silentLogger): Llm {
  return withComplete(llm, async (request) => {
    try {
      return await llm.complete(request);
    } catch (error) {
      if (!mayHelp(error)) throw error;
      for (const [index, other] of fallbacks.entries()) {
        request.signal.throwIfAborted();
        logger.warn({ error: messageOf(error), fallback: index + 1 }, "a model failed, another one is asked");
        request.onRestart?.();
        try {
          return await other.complete(request);
        } catch (failure) {
          request.signal.throwIfAborted();
          if (isBudgetExceeded(failure)) throw failure;
          logger.warn({ error: messageOf(failure), fallback: index + 1 }, "the other model failed, too");
        }
      }
      throw error;
    }
  });
}

function mayHelp(error: unknown): boolean {
  if (!LlmError.is(error) || isBudgetExceeded(error)) return false;
  return error.retryable || isQuotaExceeded(error);
}
