import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Figure } from "../figure.ts";
import { median, range, rounded } from "../statistics.ts";
import { launch } from "../target.ts";

const STARTS = 7;
const BARE =
  'require("node:http").createServer((_, response) => response.end("ok")).listen(process.argv.at(-1), "127.0.0.1")';

export const coldStart: Figure = {
  name: "cold start",
  bar: "<= 250 ms",
  reference: true,
  async measure({ target, folder }) {
    const starts = target.name === "ours" ? STARTS : 2;
    const times: number[] = [];
    const bareTimes: number[] = [];
    for (const _ of range(starts)) {
      const cwd = mkdtempSync(join(folder, "start-"));
      const bare = await launch({
        command: process.execPath,
        args: ["-e", BARE, "--"],
        folder: cwd,
        environment: {},
      });
      bareTimes.push(bare.readyAfterMs);
      await bare.stop();
      const server = await target.start(cwd);
      times.push(server.readyAfterMs);
      await server.stop();
    }
    const [ready, bare] = [median(times), median(bareTimes)];
    return {
      shown: `${ready.toFixed(0)} ms (bare node:http ${bare.toFixed(0)} ms)`,
      good: ready <= 250,
      values: { ready_ms: rounded(ready), best_ms: rounded(Math.min(...times)), bare_ms: rounded(bare) },
    };
  },
};
