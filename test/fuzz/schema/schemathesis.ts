import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { prepareEnvironment } from "../../clients/python-environment.ts";
import { CHECKS_LEFT_OUT, CHECKS_LEFT_OUT_OF, EXPECTED_REFUSALS } from "../accepted.ts";
import { Client } from "../model/client.ts";

const VERSION = ">=4.32,<4.33";
/** Stands for a figure that schemathesis does not give. */
const NOTHING_FOUND = "?";
/** What takes longer hangs, also on a busy machine. */
const ANSWER_SECONDS = 60;

/** The command of schemathesis, installed on first use. Its folder holds everything but Python itself. */
export async function prepareSchemathesis(): Promise<string> {
  const python = await prepareEnvironment("schemathesis-4.32", [`schemathesis${VERSION}`]);
  return join(dirname(python), "schemathesis");
}

export interface SchemathesisOptions {
  command: string;
  url: string;
  /** None: requests without one. */
  key?: string | undefined;
  folder: string;
  seed: number;
  seconds: number;
}

export interface SchemathesisReport {
  /** What schemathesis says when it is through. */
  summary: string;
  /** How many of the operations were asked, such as `181 of 181`. */
  operations: string;
  /** How many requests it made. */
  cases: string;
  faults: string[];
}

/** Sends what the OpenAPI document of a server allows, and what it does not, and judges each answer by it. */
export async function runSchemathesis(options: SchemathesisOptions): Promise<SchemathesisReport> {
  const { command, url, key, folder, seed, seconds } = options;
  await mkdir(folder, { recursive: true });
  const config = join(folder, "schemathesis.toml");
  await writeFile(config, configuration());
  // The first one to ask waits until the document is made, and schemathesis has less patience than it may take.
  await new Client(url).ask("GET", "/openapi.json");
  const child = spawn(
    command,
    [
      ...["--config-file", config, "run", `${url}/openapi.json`],
      ...(key === undefined ? [] : ["--header", `X-Session-API-Key: ${key}`]),
      ...["--phases", "coverage,fuzzing,stateful", "--checks", "all"],
      ...["--exclude-checks", Object.keys(CHECKS_LEFT_OUT).join(",")],
      ...["--max-time", String(seconds), "--seed", String(seed), "--max-examples", "50"],
      ...["--max-response-time", String(ANSWER_SECONDS), "--request-timeout", String(ANSWER_SECONDS)],
      ...["--continue-on-failure", "--generation-database", "none", "--no-color", "--warnings", "off"],
      ...["--wait-for-schema", String(ANSWER_SECONDS), "--suppress-health-check", "all"],
    ],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  const summary = output.slice(output.lastIndexOf("SUMMARY"));
  const operations = `${figure(summary, /Tested: (\d+)/)} of ${figure(summary, /Selected: \d+\/(\d+)/)}`;
  const cases = figure(summary, /(\d+) generated/);
  // Without the time for a single request it is content as well.
  const isIdle = cases === NOTHING_FOUND || cases === "0";
  if (isIdle)
    return {
      summary,
      operations,
      cases,
      faults: [`nothing was tried in ${seconds} s: ${output.slice(-500)}`],
    };
  return { summary, operations, cases, faults: code === 0 ? [] : [faultsOf(output)] };
}

function figure(summary: string, pattern: RegExp): string {
  return pattern.exec(summary)?.[1] ?? NOTHING_FOUND;
}

/** Everything from the first list of errors or failures on. */
function faultsOf(output: string): string {
  const start = output.search(/^=+ (ERRORS|FAILURES) =+$/m);
  return start === -1 ? output.slice(-4_000) : output.slice(start);
}

function configuration(): string {
  const refusals = EXPECTED_REFUSALS.map(({ operation, statuses }) =>
    section(
      operation,
      `checks.not_a_server_error.expected-statuses = ${list(["2xx", "3xx", "4xx", ...statuses])}`,
    ),
  );
  const exceptions = CHECKS_LEFT_OUT_OF.map(({ operation, check }) =>
    section(operation, `checks.${check}.enabled = false`),
  );
  return [...refusals, ...exceptions].join("\n");
}

function section(operation: string, line: string): string {
  return `[[operations]]\ninclude-name = ${JSON.stringify(operation)}\n${line}\n`;
}

function list(values: readonly (string | number)[]): string {
  return JSON.stringify(values.map(String));
}
