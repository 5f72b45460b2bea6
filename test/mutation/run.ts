/**
 * `npm run mutate`: changes sources in one small place at a time, and looks whether their tests notice. Prints the
 * changes that no test has noticed.
 *
 * - `npm run mutate -- PART …`: only sources whose path has one of these in it.
 * - `--list`: prints the mutants and tries none.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { MutantReport } from "./mutant-runner.ts";
import { type Mutant, mutate } from "./mutants.ts";
import { TARGETS, type Target } from "./targets.ts";

const root = resolve(import.meta.dirname, "../..");
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const print = (line: string) => void process.stdout.write(`${line}\n`);
const { values, positionals } = parseArgs({
  options: { list: { type: "boolean", default: false } },
  allowPositionals: true,
});
const chosen = TARGETS.filter(
  ({ file }) => positionals.length === 0 || positionals.some((part) => file.includes(part)),
);
const folder = mkdtempSync(join(tmpdir(), "agent-server-mutation-"));
try {
  for (const target of chosen) await tryTarget(target);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function tryTarget({ file, tests }: Target): Promise<void> {
  const { mutants } = mutate(readFileSync(join(root, file), "utf8"));
  if (values.list) {
    for (const mutant of mutants) print(describe(file, mutant));
    return;
  }
  const covered = new Set<number>();
  const killed = new Set<number>();
  for (const test of tests) {
    const report = await runTests(file, test, { count: mutants.length, killed });
    for (const id of report.covered) covered.add(id);
    for (const id of report.killed) killed.add(id);
    if (report.broken.length > 0) print(`BROKEN without a mutant, in ${test}: ${report.broken.join("; ")}`);
  }
  const alive = mutants.filter(({ id }) => covered.has(id) && !killed.has(id));
  const unseen = mutants.filter(({ id }) => !covered.has(id) && !killed.has(id));
  print(
    `${file}: ${mutants.length} mutants, ${killed.size} killed, ${alive.length} alive, ${unseen.length} not come by`,
  );
  for (const mutant of alive) print(`  alive   ${describe(file, mutant)}`);
  for (const mutant of unseen) print(`  unseen  ${describe(file, mutant)}`);
}

interface Course {
  count: number;
  killed: ReadonlySet<number>;
}

async function runTests(file: string, test: string, { count, killed }: Course): Promise<MutantReport> {
  const report = join(folder, "report.json");
  rmSync(report, { force: true });
  const child = spawn(process.execPath, [vitest, "run", "--config", "test/mutation/vitest.config.ts"], {
    cwd: root,
    stdio: "ignore",
    env: {
      ...process.env,
      MUTATION_FILE: file,
      MUTATION_TEST: test,
      MUTATION_COUNT: String(count),
      MUTATION_KILLED: [...killed].join(),
      MUTATION_REPORT: report,
    },
  });
  await once(child, "exit");
  try {
    return JSON.parse(readFileSync(report, "utf8")) as MutantReport;
  } catch {
    throw new Error(`${test} has not come to its end with the mutants of ${file}`);
  }
}

function describe(file: string, { line, was, becomes }: Mutant): string {
  const short = (text: string) => text.replace(/\s+/g, " ").slice(0, 90);
  return `${file}:${line}  ${short(was)}  =>  ${becomes === "" ? "(left out)" : short(becomes)}`;
}
