import type { Logger } from "../../logger.ts";
import { LONGEST_TIMER } from "../../waiting.ts";

export interface IdleShutdownOptions {
  /** Seconds without activity after which the server ends. null for never. */
  seconds: number | null;
  /** Seconds since the last activity. */
  idleSeconds(): number;
  /** Whether something goes on that leaves no trace for a while, such as a long command. */
  isBusy(): boolean;
  /** Ends the server. */
  end(): Promise<void>;
  logger: Logger;
}

/** Milliseconds between two looks at the time, at most. */
const LOOK_PERIOD = 15_000;

/** Ends a server that was not used for some time. Returns a function that stops looking. */
export function watchIdleness({
  seconds,
  idleSeconds,
  isBusy,
  end,
  logger,
}: IdleShutdownOptions): () => void {
  if (seconds === null) return () => undefined;
  const period = Math.min((seconds * 1000) / 4, LOOK_PERIOD, LONGEST_TIMER);
  const timer = setInterval(() => {
    if (isBusy() || idleSeconds() < seconds) return;
    clearInterval(timer);
    logger.info({ seconds }, "The server has been idle and ends");
    end().catch((error: unknown) =>
      logger.error({ error: String(error) }, "An idle server did not end cleanly"),
    );
  }, period);
  timer.unref?.();
  return () => clearInterval(timer);
}
