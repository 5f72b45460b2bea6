import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Figure } from "../figure.ts";
import { call } from "../load/http-client.ts";
import { median, range, rounded } from "../statistics.ts";
import { launch } from "../target.ts";

const STARTS = 7;
const BARE =
  'require("node:http").createServer((_, response) => response.end("ok")).listen(process.argv.at(-1), "127.0.0.1")';

/**
 * From the spawn to the first 200 of /ready, and what the routes of the protocol that are not served yet add to it:
 * with schemas that are built when a route is first asked, and, to compare, with schemas that are built at the start.
 */
export const coldStart: Figure = {
  name: "cold start",
  bar: "<= 220 ms and <= 3 x bare node:http, with the routes of all operations",
  reference: true,
  async measure({ target, folder }) {
    const starts = target.name === "ours" ? STARTS : 2;
    const times: number[] = [];
    const bareTimes: number[] = [];
    const served = join(folder, "openapi.json");
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
      if (target.name === "ours") writeFileSync(served, (await call(`${server.url}/openapi.json`)).text);
      await server.stop();
    }
    const [ready, bare] = [median(times), median(bareTimes)];
    // A start makes the core anyway.
    const core = routesMs("none", served);
    const lazy = Math.max(0, routesMs("lazy", served) - core);
    const built = Math.max(0, routesMs("built", served) - core);
    const whole = target.name === "ours" ? ready + lazy : ready;
    return {
      shown: `${whole.toFixed(0)} ms (bare node:http ${bare.toFixed(0)} ms), ${lazy.toFixed(0)} ms of it for operations to come; with their schemas built ${built.toFixed(0)} ms`,
      good: whole <= 220 && whole <= 3 * bare,
      values: {
        ready_ms: rounded(ready),
        best_ms: rounded(Math.min(...times)),
        bare_ms: rounded(bare),
        all_operations_lazy_ms: rounded(lazy),
        all_operations_built_ms: rounded(built),
      },
    };
  },
};

/**
 * Milliseconds of processor time for a core with the routes of the operations that are not served yet, or with none.
 */
function routesMs(schemas: "lazy" | "built" | "none", served: string): number {
  const file = join(import.meta.dirname, "../load/all-operations.ts");
  const times = range(STARTS).map(() => Number(execFileSync(process.execPath, [file, schemas, served])));
  return median(times);
}
