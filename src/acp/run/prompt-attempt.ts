import { setTimeout as sleep } from "node:timers/promises";
import type { ContentBlock, PromptResponse } from "@agentclientprotocol/sdk";
import { settledWithin } from "../../waiting.ts";
import { CANCEL_TIMEOUT } from "../limits.ts";
import type { AcpSession } from "../session/acp-session.ts";
import type { Turn } from "../turn/turn.ts";

export interface AttemptOptions {
  turn: Turn;
  /** Milliseconds without a sign of the program after which it counts as stalled. */
  patience: number;
  /** Whether the program waits for an answer of the user, and has to be silent. */
  isAsking(): boolean;
  /** Aborted when the answer is not wanted any more. */
  signal: AbortSignal;
}

/**
 * How a prompt has ended: with the answer of the program; without one, after the program has given no sign for too
 * long; or because it was cancelled.
 */
export type AttemptEnd =
  | { kind: "answered"; response: PromptResponse }
  | { kind: "stalled" | "cancelled"; isQuiet: boolean };

/**
 * Sends a prompt and waits for the end of the turn. A program that works is given all the time that it needs; one that
 * is silent, and one whose work is not wanted any more, is asked to stop. `isQuiet` says whether it has stopped. An
 * answer that comes in the last moment counts. Rejects as the program does.
 */
export async function attempt(
  session: AcpSession,
  blocks: ContentBlock[],
  options: AttemptOptions,
): Promise<AttemptEnd> {
  options.turn.touch();
  const prompt = session.prompt(blocks);
  const kind = await endOf(prompt, options);
  if (kind === "answered") return { kind, response: await prompt };
  await settledWithin(
    session.cancel().catch(() => {}),
    CANCEL_TIMEOUT,
  );
  if (!(await settledWithin(prompt, CANCEL_TIMEOUT))) return { kind, isQuiet: false };
  return prompt.then(
    (response) =>
      response.stopReason === "cancelled" ? { kind, isQuiet: true } : { kind: "answered", response },
    () => ({ kind, isQuiet: false }),
  );
}

async function endOf(
  prompt: Promise<PromptResponse>,
  { turn, patience, signal, isAsking }: AttemptOptions,
): Promise<AttemptEnd["kind"]> {
  const over = new AbortController();
  const answered = prompt.then(
    () => over.abort(),
    () => over.abort(),
  );
  const stop = AbortSignal.any([signal, over.signal]);
  for (;;) {
    if (isAsking()) turn.touch();
    const left = patience - turn.silence;
    if (over.signal.aborted) return "answered";
    if (signal.aborted) return "cancelled";
    if (left <= 0) return "stalled";
    await Promise.race([answered, sleep(left, undefined, { signal: stop }).catch(() => {})]);
  }
}
