/**
 * `npm run test:clients`: the real clients against the running server. The TypeScript client is a development
 * dependency; Agent Canvas and the Python SDK are installed on first use, outside the checkout. Agent Canvas needs a
 * Chromium of the system. `OPENHANDS_ENVIRONMENTS` names virtual
 * environments to use instead, separated by colons. With `--cluster` they meet three servers on one Postgres, behind a
 * balancer that gives each request to the next. `typescript`, `canvas` and `python` choose among the suites.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { isClusterWanted } from "../cluster/harness/cluster.ts";
import { preparePython, SDK_VERSIONS } from "./python-environment.ts";
import { openTestBed, type TestBed } from "./test-bed.ts";

interface Count {
  passed: number;
  failed: number;
}

interface VitestReport {
  numPassedTests?: number;
  numFailedTests?: number;
  numPendingTests?: number;
}

const SUITES = ["typescript", "canvas", "python"];
const { values: options, positionals: chosen } = parseArgs({
  options: { cluster: { type: "boolean" } },
  allowPositionals: true,
});
const unknown = chosen.find((suite) => !SUITES.includes(suite));
if (unknown !== undefined) throw new Error(`${unknown}: expected ${SUITES.join(", ")}`);
if (options.cluster) process.env.AGENT_SERVER_TEST_CLUSTER = "1";
const root = resolve(import.meta.dirname, "../..");
const SUITE_TIMEOUT = (isClusterWanted() ? 60 : 15) * 60 * 1000;

/** A suite that needs no other language. */
async function runSuite(title: string, suiteFolder: string): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-report-"));
  const report = join(folder, "report.json");
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const suite = [vitest, "run", "--config", "test/vitest.config.ts", ...limits(), suiteFolder];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { output } = await runCommand(process.execPath, [...suite, ...reporters], {});
  print(title, output);
  const {
    numPassedTests: passed = 0,
    numFailedTests: failed = 0,
    numPendingTests: skipped = 0,
  } = JSON.parse(await readFile(report, "utf8").catch(() => "{}")) as VitestReport;
  await rm(folder, { recursive: true, force: true });
  return passed + failed + skipped === 0 ? { passed: 0, failed: 1 } : { passed, failed };
}

/** A database and three servers take longer to start, and share what processors there are. */
function limits(): string[] {
  if (!isClusterWanted()) return ["--hookTimeout=90000"];
  return ["--hookTimeout=600000", "--testTimeout=300000", "--maxWorkers=1"];
}

async function runPython(python: string): Promise<Count> {
  await using bed = await openTestBed();
  await using control = await openControl(bed);
  const { output } = await runCommand(python, ["-W", "ignore", "test/clients/python/run.py"], {
    AGENT_SERVER_TEST_BED: JSON.stringify({ ...bed, restartUrl: control.url }),
    LITELLM_LOCAL_MODEL_COST_MAP: "True",
    LOG_LEVEL: "ERROR",
    OPENHANDS_SUPPRESS_BANNER: "1",
    PYTHONDONTWRITEBYTECODE: "1",
  });
  const count = /^\{"passed": \d+, "failed": \d+\}$/m.exec(output)?.[0];
  const result = count === undefined ? { passed: 0, failed: 1 } : (JSON.parse(count) as Count);
  print(`Python client, ${python}`, result.failed > 0 ? `${output}\n${bed.log()}` : output);
  return result;
}

/** Lets tests in another process kill and restart the server. */
async function openControl(bed: TestBed) {
  const server = createServer((_request, response) => {
    bed.restart().then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function runCommand(command: string, args: string[], environment: Record<string, string>) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(SUITE_TIMEOUT),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const failed = await once(child, "close").catch((error: unknown) => error);
  return { output: failed instanceof Error ? `${output}\n${failed.message}` : output };
}

function print(title: string, output: string): void {
  process.stdout.write(`\n== ${title}\n${output.trim()}\n`);
}

/** Each a Python of its own; one that cannot be made is a failure of its own. */
async function runPythons(): Promise<Count[]> {
  const given = process.env.OPENHANDS_ENVIRONMENTS;
  if (given) return Promise.all(given.split(":").map((folder) => runPython(join(folder, "bin", "python"))));
  const runs: Promise<Count>[] = [];
  // One after the other: an installation keeps the machine busy.
  for (const version of SDK_VERSIONS) {
    try {
      runs.push(runPython(await preparePython(version)));
    } catch (error) {
      print(`Python client ${version} could not be installed`, String(error));
      runs.push(Promise.resolve({ passed: 0, failed: 1 }));
    }
  }
  return Promise.all(runs);
}

const isWanted = (suite: string) => chosen.length === 0 || chosen.includes(suite);
const counts = isWanted("canvas") ? [await runSuite("Agent Canvas", "test/clients/canvas")] : [];
// A browser that has to wait for its turn is too slow for its steps; these only wait.
const others = await Promise.all([
  isWanted("typescript") ? runSuite("TypeScript client", "test/clients/typescript") : [],
  isWanted("python") ? runPythons() : [],
]);
counts.push(...others.flat());
const sum = (key: keyof Count) => counts.reduce((total, count) => total + count[key], 0);
process.stdout.write(`\n${sum("passed")} passed, ${sum("failed")} failed\n`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
