import { LONGEST_TIMER, untilAborted } from "../../waiting.ts";
import type { Llm, LlmRequest } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { withComplete } from "./with-complete.ts";

/**
 * Bounds the silence of a model. The call rejects once `seconds` have passed since its start or since the last piece
 * of the reply, even if the model ignores its signal; the signal is aborted too. null waits forever.
 *
 * @throws LlmError LLMTimeoutError, retryable
 */
export function withDeadline(llm: Llm, seconds: number | null): Llm {
  if (seconds === null) return llm;
  return withComplete(llm, async (request) => {
    request.signal.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort(request.signal.reason);
    request.signal.addEventListener("abort", abort, { once: true });
    const expire = () => controller.abort(timeoutError(seconds));
    const timer = setTimeout(expire, Math.min(seconds * 1000, LONGEST_TIMER));
    const { signal } = controller;
    try {
      const reply = await untilAborted(
        llm.complete(boundedRequest(request, signal, () => timer.refresh())),
        signal,
      );
      // SDKs end an aborted stream without an error.
      signal.throwIfAborted();
      return reply;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", abort);
    }
  });
}

/** The request under another signal. Pieces that arrive after the end of the call are dropped. */
function boundedRequest(request: LlmRequest, signal: AbortSignal, alive: () => void): LlmRequest {
  const { onDelta, onProgress } = request;
  const bounded: LlmRequest = {
    ...request,
    signal,
    onProgress() {
      if (signal.aborted) return;
      alive();
      onProgress?.();
    },
  };
  if (onDelta === undefined) return bounded;
  return {
    ...bounded,
    onDelta(delta) {
      if (signal.aborted) return;
      alive();
      onDelta(delta);
    },
  };
}

function timeoutError(seconds: number): LlmError {
  return new LlmError("LLMTimeoutError", `timeout: the model was silent for ${seconds} s`, {
    retryable: true,
  });
}
