import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../../child.ts";
import type { Figure } from "../../figure.ts";
import { rounded } from "../../statistics.ts";

const STEPS = 1_500;
/** Milliseconds that a step may take beside its waits for the disk. */
const BARS = { memory: 0.3, process: 0.6, disk: 0.6 } as const;
const MAX_SYNCS = 2;

interface Step {
  stepMs: number;
  /** Processor time, all threads. It hardly depends on what else the machine does. */
  processorMs: number;
  syncs: number;
  syncMs: number;
}

/** What a step costs without a network: the model answers at once, in the same process. */
export const stepInProcess: Figure = {
  name: "step in process",
  bar: "<= 0.3 ms in memory; <= 0.6 ms in SQLite; on disk <= 2 fdatasync and 0.6 ms",
  reference: false,
  async measure({ dist, folder }) {
    const host = await startChild("load/step-host.ts", [dist]);
    const shown: string[] = [];
    const values: Record<string, number> = {};
    let good = true;
    try {
      for (const store of ["memory", "process", "disk"] as const) {
        const own = mkdtempSync(join(folder, `${store}-`));
        const step = await host.ask<Step>({ store, steps: STEPS, folder: own });
        const rest = step.stepMs - step.syncs * step.syncMs;
        good &&= rest <= BARS[store] && step.syncs <= MAX_SYNCS + 0.05;
        shown.push(describe(store, step, rest));
        values[`${store}_step_ms`] = rounded(step.stepMs);
        values[`${store}_processor_ms`] = rounded(step.processorMs);
      }
      return { shown: shown.join("; "), good, values };
    } finally {
      await host.stop();
    }
  },
};

function describe(store: string, { processorMs, syncs, syncMs }: Step, rest: number): string {
  const waits = syncs === 0 ? "" : ` and ${syncs.toFixed(1)} fdatasync of ${syncMs.toFixed(2)} ms`;
  return `${store} ${rest.toFixed(2)} ms${waits} (processor ${processorMs.toFixed(2)} ms)`;
}
