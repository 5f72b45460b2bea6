import type { Llm } from "../llm/llm.ts";
import { untilAborted } from "../waiting.ts";
import { type Message, textOf } from "../wire/events/message.ts";

/** Characters of an answer that a tool passes on. */
const MAX_ANSWER = 50_000;

/** How long a tool waits for a model. */
export interface Patience {
  /** Aborted by an interrupt of the run. */
  signal: AbortSignal;
  /** Milliseconds for the call with all its attempts. */
  timeout: number;
}

/**
 * Asks a model for words alone, without tools. Resolves with its text, trimmed and at most 50,000 characters long.
 * Rejects with the reason of the signal, with the model's error, and when there is no answer in time.
 */
export async function askModel(
  llm: Llm,
  messages: readonly Message[],
  { signal, timeout }: Patience,
): Promise<string> {
  const patience = AbortSignal.timeout(timeout);
  const either = AbortSignal.any([signal, patience]);
  try {
    const call = (async () => llm.complete({ messages, tools: [], signal: either }))();
    const { message } = await untilAborted(call, either);
    return bounded(textOf(message.content, "\n").trim());
  } catch (error) {
    signal.throwIfAborted();
    throw patience.aborted ? new Error(`no answer within ${timeout / 1000} seconds`) : error;
  }
}

function bounded(answer: string): string {
  if (answer.length <= MAX_ANSWER) return answer;
  const left = answer.length - MAX_ANSWER;
  return `${answer.slice(0, MAX_ANSWER)}\n\n[The answer goes on for ${left} more characters, which are left out.]`;
}
