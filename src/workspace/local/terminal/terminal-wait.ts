import { LONGEST_TIMER } from "../../../waiting.ts";
import type { WaitOptions, WaitOutcome } from "../../workspace-terminal.ts";

/** The subject of a wait. */
export interface WaitSource {
  ended(): boolean;
  /** Number of characters received. */
  received(): number;
  /** Time of the last output, in milliseconds of `performance.now()`. */
  lastOutput(): number;
  /** False while received output is not on the screen. */
  settled(): boolean;
  waitsForInput(): Promise<boolean>;
  /** Calls back after each piece of output and at the end; returns a function that stops it. */
  onChange(listener: () => void): () => void;
}

/** Milliseconds of silence before the first check whether the program waits for input. Each next check doubles them. */
const FIRST_PROBE = 300;
const SHORTEST_SLEEP = 10;

/** Waits for the end of a command or one of the other outcomes. */
export function waitForEnd(source: WaitSource, options: WaitOptions): Promise<WaitOutcome> {
  const { promise, resolve } = Promise.withResolvers<WaitOutcome>();
  const startedAt = performance.now();
  const floodAt = source.received() + (options.flood ?? Number.POSITIVE_INFINITY);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let probed = { silence: -1, next: FIRST_PROBE };

  const settle = (outcome: WaitOutcome) => {
    isOver = true;
    clearTimeout(timer);
    stopListening();
    options.signal?.removeEventListener("abort", look);
    resolve(outcome);
  };
  const look = () => {
    if (isOver) return;
    if (source.ended()) settle("ended");
    else if (options.signal?.aborted) settle("aborted");
    else if (source.received() > floodAt) settle("flood");
  };
  const tick = async (): Promise<void> => {
    const now = performance.now();
    const silence = Math.max(source.lastOutput(), startedAt);
    const timeoutAt = startedAt + options.timeout;
    const quietAt = silence + (options.quiet ?? Number.POSITIVE_INFINITY);
    if (now >= timeoutAt) return settle("timeout");
    if (now >= quietAt && source.settled()) return settle("quiet");
    if (silence !== probed.silence) probed = { silence, next: FIRST_PROBE };
    if (options.input && now >= silence + probed.next) {
      probed.next *= 2;
      // A machine without free descriptors cannot tell. The other limits of the wait still hold.
      const waits = await source.waitsForInput().catch(() => false);
      if (isOver) return;
      if (waits && source.lastOutput() <= silence) return settle("input");
    }
    const probeAt = options.input ? silence + probed.next : Number.POSITIVE_INFINITY;
    const sleep = Math.min(timeoutAt, quietAt, probeAt) - performance.now();
    timer = setTimeout(() => void tick(), Math.min(Math.max(SHORTEST_SLEEP, sleep), LONGEST_TIMER));
  };

  const stopListening = source.onChange(look);
  options.signal?.addEventListener("abort", look);
  look();
  if (!isOver) void tick();
  return promise;
}
