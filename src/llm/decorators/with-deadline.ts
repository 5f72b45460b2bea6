import { LlmError } from "../llm-error.ts";

/**
 * Runs work under a signal that also fires after `seconds` of silence. The work calls `alive` when it hears something,
 * which starts the wait anew. null waits for ever.
 *
 * @throws LlmError LLMTimeoutError, retryable, when the time is up; the caller's own reason when it aborted
 */
export async function withDeadline<T>(
  { signal, seconds }: { signal: AbortSignal; seconds: number | null },
  work: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const expire = () => controller.abort(timeoutError(seconds));
  // Node knows no longer timer; it would fire at once.
  const wait = seconds === null ? null : Math.min(seconds * 1000, 2 ** 31 - 1);
  const timer = wait === null ? null : setTimeout(expire, wait);
  try {
    const result = await work(controller.signal, () => timer?.refresh());
    // SDKs end an aborted stream without a word.
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    if (timer !== null) clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function timeoutError(seconds: number | null): LlmError {
  return new LlmError("LLMTimeoutError", `timeout: the model was silent for ${seconds} s`, {
    retryable: true,
  });
}
