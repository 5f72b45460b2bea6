import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Figure, Measured } from "../figure.ts";
import { fill } from "../fill.ts";
import { rounded } from "../statistics.ts";
import { residentMiB } from "../target.ts";

const SETTLE_MS = 5_000;
const STORED = { conversations: 2_000, logs: 2_000, events: 400, eventBytes: 400 };

export const idleMemory: Figure = {
  name: "idle memory",
  bar: "<= 90 MB; +20 MB with 2,000 conversations of 400 events",
  reference: true,
  async measure(bench): Promise<Measured> {
    const empty = await idle(bench, mkdtempSync(join(bench.folder, "empty-")));
    if (bench.target.name === "reference") {
      return { shown: `${mb(empty)} MB empty`, good: empty <= 90, values: { empty_mb: rounded(empty) } };
    }
    const folder = mkdtempSync(join(bench.folder, "full-"));
    await fill(bench.target, folder, STORED);
    const full = await idle(bench, folder);
    return {
      shown: `${mb(empty)} MB empty, ${mb(full)} MB with 800,000 events stored`,
      good: empty <= 90 && full - empty <= 20,
      values: { empty_mb: rounded(empty), full_mb: rounded(full) },
    };
  },
};

async function idle({ target }: Bench, folder: string): Promise<number> {
  const server = await target.start(folder);
  try {
    await new Promise((done) => setTimeout(done, SETTLE_MS));
    return residentMiB(server.pid);
  } finally {
    await server.stop();
  }
}

function mb(value: number): string {
  return value.toFixed(0);
}
