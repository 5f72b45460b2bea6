import { type Clock, systemClock } from "../../clock.ts";
import { toLlmError } from "../failure/to-llm-error.ts";
import type { Llm } from "../llm.ts";
import { withComplete } from "./with-complete.ts";

/**
 * Turns failed HTTP answers and broken connections into an `LlmError`, for a model that throws the errors of its
 * provider's SDK. Errors of another kind, such as a `TypeError` of the model's own code, stay what they are.
 */
export function withLlmErrors(llm: Llm, clock: Clock = systemClock): Llm {
  return withComplete(llm, async (request) => {
    try {
      return await llm.complete(request);
    } catch (error) {
      request.signal.throwIfAborted();
      const named = toLlmError(error, clock.now());
      throw named.retryable || named.status !== undefined ? named : error;
    }
  });
}
