/**
 * `npm run bench`: every figure with its ceiling, measured in the same run. Needs `npm run build` before.
 *
 * - `--only name`: the figures whose name has this in it.
 * - `--reference`: the released reference server too, as far as its routes go, in turn with ours.
 * - `--store postgres`: only what Postgres and several nodes on it cost: appends next to SQLite, lists, takeovers, sockets
 *   and interrupts at another node than that of the run.
 * - `--dist folder`: where the built command is. Default: dist.
 * - `--chart file.svg`: draws the figures beside their limits, too.
 * - `--from file`: measures nothing, and draws what an earlier run has printed into that file.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chart } from "./chart/chart.ts";
import type { Figure, Measured } from "./figure.ts";
import { appends } from "./figures/appends.ts";
import { attach } from "./figures/attach.ts";
import { clusterFanOut } from "./figures/cluster/fan-out.ts";
import { clusterInterrupt } from "./figures/cluster/interrupt.ts";
import { listOnPostgres } from "./figures/cluster/list.ts";
import { takeover } from "./figures/cluster/takeover.ts";
import { coldStart } from "./figures/cold-start.ts";
import { files } from "./figures/files.ts";
import { health } from "./figures/health.ts";
import { idleMemory } from "./figures/idle-memory.ts";
import { installSize } from "./figures/install-size.ts";
import { list } from "./figures/list.ts";
import { router } from "./figures/router.ts";
import { search } from "./figures/search.ts";
import { shellFlood } from "./figures/shell-flood.ts";
import { fanOut, sessionFanOut } from "./figures/sockets/fan-out.ts";
import { resume, sessionResume } from "./figures/sockets/resume.ts";
import { sessionSlowReader, slowReader } from "./figures/sockets/slow-reader.ts";
import { longLog } from "./figures/steps/long-log.ts";
import { stepInProcess } from "./figures/steps/step-in-process.ts";
import { stepOverhead } from "./figures/steps/step-overhead.ts";
import { telemetry } from "./figures/telemetry.ts";
import { throughput } from "./figures/throughput.ts";
import { closeConnections } from "./load/http-client.ts";
import { type Results, readResults } from "./results.ts";
import { ours, reference, type Target } from "./target.ts";

const FIGURES: readonly Figure[] = [
  coldStart,
  idleMemory,
  stepInProcess,
  stepOverhead,
  longLog,
  telemetry,
  throughput,
  list,
  search,
  health,
  fanOut,
  sessionFanOut,
  resume,
  sessionResume,
  slowReader,
  sessionSlowReader,
  shellFlood,
  files,
  attach,
  router,
  installSize,
];

const ON_POSTGRES: readonly Figure[] = [appends, listOnPostgres, takeover, clusterFanOut, clusterInterrupt];

interface Row {
  figure: Figure;
  target: Target;
  measured: Measured;
}

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    reference: { type: "boolean", default: false },
    store: { type: "string" },
    dist: { type: "string", default: resolve(import.meta.dirname, "../../dist") },
    chart: { type: "string" },
    from: { type: "string" },
  },
});
if (options.store !== undefined && options.store !== "postgres") {
  throw new Error(`--store: expected postgres, got ${JSON.stringify(options.store)}`);
}
if (options.from !== undefined && options.chart === undefined) {
  throw new Error("--from: nothing to do without --chart file.svg");
}
const results = options.from === undefined ? await run() : readResults(options.from);
if (options.chart !== undefined) writeFileSync(options.chart, chart(results));

/** Measures the figures that were asked for, one after the other, and prints them. */
async function run(): Promise<Results> {
  const figures = options.store === "postgres" ? ON_POSTGRES : FIGURES;
  const targets = [ours(options.dist), ...(options.reference ? [await reference()] : [])];
  const started = performance.now();
  const rows: Row[] = [];
  for (const figure of figures.filter(({ name }) => name.includes(options.only))) {
    for (const target of targets) {
      if (target.name === "reference" && !figure.reference) continue;
      rows.push({ figure, target, measured: await measure(figure, target) });
    }
  }
  closeConnections();
  const results = resultsOf(rows, Math.round((performance.now() - started) / 1_000));
  report(results, rows);
  return results;
}

async function measure(figure: Figure, target: Target): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-bench-"));
  try {
    process.stderr.write(`${figure.name} (${target.name}) … `);
    const from = performance.now();
    const measured = await figure.measure({ target, folder, dist: resolve(options.dist) });
    process.stderr.write(`${((performance.now() - from) / 1_000).toFixed(1)} s\n`);
    return measured;
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    return { shown: `failed: ${String(error)}`, good: null, values: {} };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultsOf(rows: readonly Row[], seconds: number): Results {
  return {
    node: process.version,
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    date: new Date().toISOString().slice(0, 10),
    seconds,
    figures: rows.map(({ figure: { name, bar }, target, measured }) => ({
      ...{ name, target: target.name, bar, good: measured.good },
      ...measured.values,
    })),
  };
}

function report(results: Results, rows: readonly Row[]): void {
  const { node, cores, load, seconds } = results;
  console.log(JSON.stringify(results));
  console.log(`\nNode ${node}, ${cores} cores, load ${load.toFixed(1)}, ${seconds} s\n`);
  for (const { figure, target, measured } of rows) {
    const verdict = measured.good === null ? "?" : measured.good ? "good" : "MISSES";
    const name = target.name === "ours" ? figure.name : `  ${target.name}`;
    console.log(`${name.padEnd(17)} ${verdict.padEnd(7)} ${measured.shown}   [${figure.bar}]`);
  }
}
