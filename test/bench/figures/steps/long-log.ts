import { startChild } from "../../child.ts";
import type { Figure } from "../../figure.ts";
import { rounded } from "../../statistics.ts";

const EVENTS = 5_000;
/** Times that a late step may take of an early one. */
const MAX_RATIO = 1.2;
/** MiB by which memory may grow. */
const MAX_GROWTH = 8;

const MIB = 1024 * 1024;

interface Long {
  events: number;
  summaries: number;
  branches: number;
  stepMs: number;
  /** Processor time of a step. */
  firstMs: number;
  lastMs: number;
  earlyBytes: number;
  lateBytes: number;
}

/** What a step costs, and what memory holds, when a conversation has become long. */
export const longLog: Figure = {
  name: "long log",
  bar: `at ${EVENTS} events a step <= ${MAX_RATIO} x an early one; memory + ${MAX_GROWTH} MiB at most`,
  reference: false,
  async measure({ dist, folder }) {
    const host = await startChild("load/long-log-host.ts", [dist], { execArgv: ["--expose-gc"] });
    try {
      const { events, summaries, branches, stepMs, firstMs, lastMs, earlyBytes, lateBytes } =
        await host.ask<Long>({
          events: EVENTS,
          folder,
        });
      const ratio = lastMs / firstMs;
      const grown = (lateBytes - earlyBytes) / MIB;
      return {
        shown:
          `a step ${firstMs.toFixed(2)} ms of processor time at first, ${lastMs.toFixed(2)} ms at the end ` +
          `(x ${ratio.toFixed(2)}), ${stepMs.toFixed(2)} ms in all; memory ` +
          `${grown >= 0 ? "+" : ""}${grown.toFixed(1)} MiB; ${events} events, ${summaries} condensations, ${branches} branches`,
        good: ratio <= MAX_RATIO && grown <= MAX_GROWTH,
        values: {
          first_processor_ms: rounded(firstMs),
          last_processor_ms: rounded(lastMs),
          last_step_ms: rounded(stepMs),
          ratio: rounded(ratio),
          grown_mib: rounded(grown),
          events,
          condensations: summaries,
          branches,
        },
      };
    } finally {
      await host.stop();
    }
  },
};
