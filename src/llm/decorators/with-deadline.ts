import { LONGEST_TIMER, untilAborted } from "../../waiting.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Llm, LlmRequest } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { withComplete } from "./with-complete.ts";

/**
 * Bounds a call in time, even if the model ignores its signal, which is aborted too. `timeout` is for the whole call,
 * `stream_idle_timeout` for the time between two pieces of the reply, counted from the first sign that the reply is
 * streamed. Both in seconds; null waits forever.
 *
 * @throws LlmError LLMTimeoutError, retryable
 */
export function withDeadline(llm: Llm, config: Pick<LlmConfig, "timeout" | "stream_idle_timeout">): Llm {
  const { timeout, stream_idle_timeout: idle } = config;
  if (timeout === null && idle === null) return llm;
  return withComplete(llm, async (request) => {
    request.signal.throwIfAborted();
    const controller = new AbortController();
    const { signal } = controller;
    const abort = () => controller.abort(request.signal.reason);
    request.signal.addEventListener("abort", abort, { once: true });
    const expire = (error: LlmError) => controller.abort(error);
    const whole = startTimer(timeout, () => expire(timeoutError("hard timeout", timeout)));
    let silence: NodeJS.Timeout | undefined;
    const onSign = () => {
      if (silence !== undefined) silence.refresh();
      else silence = startTimer(idle, () => expire(timeoutError("stream idle timeout", idle)));
    };
    try {
      const reply = await untilAborted(llm.complete(boundedRequest(request, signal, onSign)), signal);
      // SDKs end an aborted stream without an error.
      signal.throwIfAborted();
      return reply;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(whole);
      clearTimeout(silence);
      request.signal.removeEventListener("abort", abort);
    }
  });
}

function startTimer(seconds: number | null, onEnd: () => void): NodeJS.Timeout | undefined {
  if (seconds === null) return undefined;
  return setTimeout(onEnd, Math.min(seconds * 1000, LONGEST_TIMER));
}

/** The request under another signal. Pieces that arrive after the end of the call are dropped. */
function boundedRequest(request: LlmRequest, signal: AbortSignal, onSign: () => void): LlmRequest {
  const { onDelta, onProgress } = request;
  const bounded: LlmRequest = {
    ...request,
    signal,
    onProgress() {
      if (signal.aborted) return;
      onSign();
      onProgress?.();
    },
  };
  if (onDelta === undefined) return bounded;
  return {
    ...bounded,
    onDelta(delta) {
      if (signal.aborted) return;
      onSign();
      onDelta(delta);
    },
  };
}

function timeoutError(limit: string, seconds: number | null): LlmError {
  return new LlmError("LLMTimeoutError", `LLM ${limit} after ${seconds} seconds`, { retryable: true });
}
