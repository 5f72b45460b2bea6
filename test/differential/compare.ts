/**
 * Plays the same scripted conversations on the reference and on this server and compares what clients see of them.
 * `node test/differential/compare.ts [--cluster [--with-one]] [part of a scenario's name]...`
 *
 * - `--cluster`: this server is three on one Postgres, behind a balancer that gives each request to the next.
 * - `--with-one`: they are compared with one server of this package in place of the reference. Whatever differs is a
 *   fault of the cluster: no difference is listed.
 */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { keepChatTemplate } from "./chat-template.ts";
import { diff } from "./diff.ts";
import { type Difference, matches } from "./differences/difference.ts";
import { DIFFERENCES } from "./differences.ts";
import { normalise } from "./normalise.ts";
import { type Play, play } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import {
  installReference,
  type OurServers,
  openOurs,
  type RunningServer,
  startOne,
  startReference,
} from "./servers.ts";
import { writeSharedFiles } from "./shared-files.ts";

/** Scenarios at play at once; most of their time is spent waiting. */
const LANES = 4;

type Side = "reference" | "ours";
type Start = OurServers["start"];

interface Stage {
  folder: string;
  model: ScriptedModel;
  servers: Record<Side, RunningServer>;
  /** Start others. */
  starts: Record<Side, Start>;
}

interface Verdict {
  name: string;
  /** What differs and is not listed. */
  unknown: string[];
  known: number;
  used: Set<string>;
}

const { values: options, positionals: parts } = parseArgs({
  options: { cluster: { type: "boolean" }, "with-one": { type: "boolean" } },
  allowPositionals: true,
});
// Servers that were started end with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
if (options.cluster) process.env.AGENT_SERVER_TEST_CLUSTER = "1";
const listed = options["with-one"] ? [] : DIFFERENCES;
process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-differential-"));
  const model = await startScriptedModel();
  const ourServers = await openOurs();
  const running: RunningServer[] = [];
  try {
    await mkdir(join(folder, "home"));
    await keepChatTemplate(join(folder, "home"));
    await mkdir(join(folder, "ours"));
    await mkdir(join(folder, "reference"));
    await writeSharedFiles(folder);
    const starts = { reference: await startOfReference(), ours: ourServers.start };
    const reference = await starts.reference(join(folder, "reference"));
    running.push(reference);
    const ours = await starts.ours(join(folder, "ours"));
    running.push(ours);
    const isSame = await compareAll({ folder, model, servers: { reference, ours }, starts });
    if (!isSame && ours.log !== undefined) print(ours.log());
    return isSame;
  } finally {
    await Promise.all(running.map((server) => server.stop()));
    await ourServers.close();
    model.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startOfReference(): Promise<Start> {
  if (options["with-one"]) return startOne;
  const python = await installReference();
  return (cwd, environment) => startReference(python, cwd, environment);
}

async function compareAll(stage: Stage): Promise<boolean> {
  const chosen = scenarios(stage.model).filter(
    ({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)),
  );
  const verdicts: Verdict[] = [];
  const numbered = chosen.map((scenario, index) => ({ scenario, index }));
  const playAll = async (left: typeof numbered) => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const verdict = await compare(stage, next.scenario, join(stage.folder, `project-${next.index}`));
      verdicts.push(verdict);
      report(verdict);
    }
  };
  const together = numbered.filter(({ scenario }) => !scenario.alone);
  await Promise.all(Array.from({ length: LANES }, () => playAll(together)));
  await playAll(numbered.filter(({ scenario }) => scenario.alone));
  const stale = staleDifferences(verdicts);
  for (const line of stale) print(`STALE    ${line}`);
  const failed = verdicts.filter(({ unknown }) => unknown.length > 0).length;
  print(
    `${verdicts.length - failed} passed, ${failed} failed${stale.length > 0 ? `, ${stale.length} stale` : ""}`,
  );
  return failed === 0 && stale.length === 0;
}

async function compare(
  { model, servers, starts, folder }: Stage,
  scenario: Scenario,
  workspace: string,
): Promise<Verdict> {
  const { name } = scenario;
  try {
    const on = (side: Side) => {
      // Beside the server of all scenarios, so that text about its folder is the same.
      const another: Play["another"] = (environment) =>
        starts[side](join(folder, side), {
          OH_CONVERSATIONS_PATH: `workspace/${randomUUID()}`,
          ...environment,
        });
      return play({ ...{ server: servers[side], scenario, model, workspace, side }, another });
    };
    const expected = await on("reference");
    const actual = await on("ours");
    return judge(name, diff(normalise(expected), normalise(actual)));
  } catch (error) {
    return { name, unknown: [`it could not be played: ${String(error)}`], known: 0, used: new Set() };
  }
}

function judge(name: string, lines: readonly string[]): Verdict {
  const used = new Set<string>();
  const unknown = lines.filter((line) => {
    const pattern = patternsFor(name).find((candidate) => matches(candidate, line));
    if (pattern !== undefined) used.add(pattern);
    return pattern === undefined;
  });
  return { name, unknown, known: lines.length - unknown.length, used };
}

function patternsFor(name: string): string[] {
  return listed.filter((difference) => concerns(difference, name)).flatMap(({ at }) => at);
}

function concerns({ scenarios: names }: Difference, name: string): boolean {
  return names === "all" || names.includes(name);
}

/** A listed difference that is none any more must leave the list, as far as what was played can tell. */
function staleDifferences(verdicts: readonly Verdict[]): string[] {
  const isWhole = parts.length === 0;
  return listed.flatMap((difference) => {
    const where = verdicts.filter(({ name }) => concerns(difference, name));
    if (difference.scenarios === "all") {
      if (!isWhole) return [];
      return difference.at.filter((pattern) => !where.some(({ used }) => used.has(pattern)));
    }
    return difference.scenarios.flatMap((name) => {
      const verdict = where.find((candidate) => candidate.name === name);
      if (verdict === undefined) return isWhole ? [`no scenario is called "${name}"`] : [];
      return difference.at
        .filter((pattern) => !verdict.used.has(pattern))
        .map((pattern) => `${name}: ${pattern}`);
    });
  });
}

function report({ name, unknown, known }: Verdict): void {
  print(
    `${unknown.length === 0 ? "same   " : "DIFFERS"}  ${name}${known > 0 ? ` (${known} known differences)` : ""}`,
  );
  for (const line of unknown) print(`    ${line.length > 1_000 ? `${line.slice(0, 1_000)}…` : line}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
