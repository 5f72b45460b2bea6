/**
 * `npm run soak`: a server at work without a break, while everything around it goes wrong: its model fails, its commands
 * are killed, its disk fills up or its database crashes, its sockets stall and vanish, its receiver of webhooks is dead.
 * Old conversations are deleted. At the end each figure must be flat, what was held must be given back, and everything
 * that was acknowledged must have been there.
 *
 * - `--minutes N`: how long. Default: 60.
 * - `--store sqlite|postgres`: default sqlite.
 * - `--seed N`: what is done depends on it and on the time. Default: any.
 * - `--workers N`: conversations at once. Default: 6.
 * - `--dist FOLDER`: a build to start. Default: the sources.
 * - `--samples FILE`: all that was seen goes there, as JSON.
 */
import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openDisk } from "./disk.ts";
import { heldBack, soak } from "./soak.ts";
import { STORES, type StoreName } from "./store.ts";
import { judgements, table } from "./verdict/table.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    store: { type: "string", default: "sqlite" },
    seed: { type: "string", default: `${randomInt(1_000_000)}` },
    workers: { type: "string", default: "6" },
    dist: { type: "string" },
    samples: { type: "string" },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);
if (!STORES.some((name) => name === values.store)) {
  throw new Error(`--store is one of ${STORES.join(", ")}, and not ${values.store}`);
}
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
const beside = await mkdtemp(join(tmpdir(), "agent-server-soak-"));
const disk = openDisk(beside);
try {
  print(`--seed ${values.seed} --store ${values.store} --minutes ${values.minutes}`);
  if (disk.whyShared !== undefined) print(`NO FULL DISKS: ${disk.whyShared}`);
  const report = await soak({
    minutes: Number(values.minutes),
    store: values.store as StoreName,
    seed: Number(values.seed),
    workers: Number(values.workers),
    command: values.dist && resolve(values.dist, "cli.js"),
    ...{ beside, disk, print, signal: ending.signal },
  });
  if (values.samples !== undefined) await writeFile(values.samples, JSON.stringify(report));
  const judged = judgements(report.series);
  print(table(judged));
  print(`${report.conversations} conversations, ${report.events} events`);
  print(
    Object.entries(report.troubles)
      .map(([what, count]) => `${what}: ${count}`)
      .join(", "),
  );
  const faults = [
    ...report.faults,
    ...judged
      .filter(({ verdict, counts }) => counts && verdict?.isFlat === false)
      .map(({ name }) => `${name} is not flat`),
    ...heldBack(report.before, report.after),
  ];
  for (const fault of faults) print(`FAULT ${fault}`);
  print(faults.length === 0 ? "no faults" : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  disk[Symbol.dispose]();
  await rm(beside, { recursive: true, force: true });
}
