import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { descriptors, residentMiB } from "../bench/target.ts";
import { spawnServer } from "../cli/spawn-server.ts";
import type { Inside } from "./probe.ts";
import { processesIn } from "./processes.ts";

export interface SubjectOptions {
  /** The folder that the server works in. */
  folder: string;
  /** A folder of the soak itself, which is never full. */
  beside: string;
  /** URL of a Postgres. None: SQLite in the folder. */
  store: string | undefined;
  /** A receiver of webhooks. */
  receiver: string;
  /** The file of the command. None: that of the sources. */
  command: string | undefined;
}

/** The server of a soak: a process of its own, as a user starts it. */
export interface Subject {
  url: string;
  pid: number;
  residentMiB(): number;
  descriptors(): number;
  /** Number of processes in its folder, but itself. */
  processes(): number;
  /** What it said last of itself. */
  inside(): Inside | undefined;
  /** Ends it as a service manager would. Returns what was wrong with that. */
  stop(): Promise<string[]>;
}

const STOP_MS = 60_000;
const ALARM = /Unexpected error|unhandled|uncaught|FATAL ERROR|MaxListenersExceeded|Assertion|panic/i;

export async function startSubject(options: SubjectOptions): Promise<Subject> {
  const { folder, beside, store, receiver, command } = options;
  const [home, probe] = [join(folder, "home"), join(beside, "probe.json")];
  await mkdir(home);
  const webhook = {
    OH_WEBHOOKS_0_BASE_URL: receiver,
    OH_WEBHOOKS_0_FLUSH_DELAY: "1",
    // Reached within minutes, as it never answers.
    OH_WEBHOOKS_0_MAX_TOTAL_BYTES: `${16 * 1024 * 1024}`,
    OH_WEBHOOKS_0_NUM_RETRIES: "1",
    OH_WEBHOOKS_0_RETRY_DELAY: "1",
  };
  const server = await spawnServer({
    cwd: folder,
    ...(command !== undefined && { command }),
    args: ["--host", "127.0.0.1", ...(store === undefined ? [] : ["--store", store])],
    environment: {
      HOME: home,
      NODE_OPTIONS: `--import ${resolve(import.meta.dirname, "probe.ts")}`,
      SOAK_PROBE: probe,
      OH_ENABLE_VSCODE: "0",
      OH_SECRET_KEY: "secret of the soak",
      OH_MAX_CONCURRENT_RUNS: "50",
      OH_BASH_EVENTS_RETENTION_SECONDS: "120",
      OH_CONVERSATION_IDLE_TTL_SECONDS: "60",
      ...webhook,
    },
  });
  const { pid = 0 } = server.process;
  return {
    url: server.url,
    pid,
    residentMiB: () => residentMiB(pid),
    descriptors: () => descriptors(pid),
    processes: () => processesIn(folder).filter((one) => one.pid !== pid).length,
    inside: () => readInside(probe),
    stop: async () => {
      const faults: string[] = [];
      if (server.process.exitCode !== null || server.process.signalCode !== null) {
        faults.push(`the server had ended by itself: ${server.stderr().slice(-4_000)}`);
      }
      const timer = setTimeout(() => server.process.kill("SIGKILL"), STOP_MS);
      const code = await server.stop("SIGTERM");
      clearTimeout(timer);
      if (code !== 0) faults.push(`the server did not end as it should: ${code ?? "it took too long"}`);
      const alarms = server
        .stderr()
        .split("\n")
        .filter((line) => ALARM.test(line));
      return [...faults, ...alarms.map((line) => `in the log: ${line.slice(0, 1_000)}`)];
    },
  };
}

/** undefined while the server has not said anything. */
function readInside(file: string): Inside | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Inside;
  } catch {
    return undefined;
  }
}
