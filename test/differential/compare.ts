/** Runs the same scripted conversations on the reference and on this server and compares what comes out. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Client } from "./client.ts";
import { DIFFERENCES } from "./differences.ts";
import { normalise } from "./normalise.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { installReference, type RunningServer, startOurs, startReference } from "./servers.ts";

const only = process.argv[2];
const folder = await mkdtemp(join(tmpdir(), "agent-server-differential-"));
const workspace = join(folder, "project");
const model = await startScriptedModel();
const servers: { ours?: RunningServer; reference?: RunningServer } = {};
let failed = 0;
try {
  await mkdir(join(folder, "ours"));
  await mkdir(join(folder, "reference"));
  servers.reference = await startReference(await installReference(), join(folder, "reference"));
  servers.ours = await startOurs(join(folder, "ours"));
  failed = await compareAll(servers.ours, servers.reference);
} finally {
  await Promise.all([servers.ours?.stop(), servers.reference?.stop()]);
  model.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

async function compareAll(ours: RunningServer, reference: RunningServer): Promise<number> {
  const chosen = scenarios(workspace).filter(({ name }) => only === undefined || name.includes(only));
  let differing = 0;
  for (const scenario of chosen) {
    const expected = await play({ server: reference, scenario, model, side: "reference" });
    const actual = await play({ server: ours, scenario, model, side: "ours" });
    const known = DIFFERENCES.find(({ scenario: name }) => name === scenario.name);
    const problems = differences(expected, actual, known?.tolerate ?? ((lines) => lines));
    if (problems.length > 0) differing += 1;
    process.stdout.write(
      `${problems.length === 0 ? "same" : "DIFFERS"}  ${scenario.name}${known ? " (known difference)" : ""}\n`,
    );
    for (const problem of problems) process.stdout.write(`    ${problem}\n`);
  }
  process.stdout.write(`${chosen.length - differing} passed, ${differing} failed\n`);
  return differing;
}

interface Play {
  server: RunningServer;
  scenario: Scenario;
  model: ScriptedModel;
  side: string;
}

interface Outcome {
  frames: unknown[];
  log: unknown[];
  answers: unknown[];
  status: unknown;
}

async function play({ server, scenario, model, side }: Play): Promise<Outcome> {
  await rm(workspace, { recursive: true, force: true });
  const base_url = model.load(`${side}-${scenario.name.replaceAll(/\W+/g, "-")}`, scenario.script);
  const client = await Client.create(server.url, {
    autotitle: false,
    workspace: { working_dir: workspace },
    agent: {
      kind: "Agent",
      llm: { model: "openai/scripted", api_key: "key", base_url, usage_id: "default", ...scenario.llm },
      tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
      ...scenario.agent,
    },
    ...scenario.request,
  });
  if (scenario.drive) await scenario.drive(client);
  else await client.sendAndWait("Go.");
  const outcome = {
    frames: normalise(client.frames.filter(({ key }) => key !== "full_state")),
    log: normalise(await client.log()),
    answers: client.answers,
    status: (await client.info()).execution_status,
  };
  await client.close();
  return outcome;
}

function differences(
  expected: Outcome,
  actual: Outcome,
  tolerate: (events: unknown[]) => unknown[],
): string[] {
  const problems: string[] = [];
  for (const part of ["log", "frames", "answers"] as const) {
    problems.push(...firstDifference(part, tolerate(expected[part]), tolerate(actual[part])));
  }
  if (expected.status !== actual.status)
    problems.push(`status: expected ${expected.status}, got ${actual.status}`);
  return problems;
}

function firstDifference(part: string, expected: unknown[], actual: unknown[]): string[] {
  for (let index = 0; index < Math.max(expected.length, actual.length); index += 1) {
    if (isDeepStrictEqual(expected[index], actual[index])) continue;
    return [
      `${part}[${index}]`,
      `  reference ${JSON.stringify(expected[index])}`,
      `  ours      ${JSON.stringify(actual[index])}`,
    ];
  }
  return [];
}
