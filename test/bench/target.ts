import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { installReference } from "../differential/servers.ts";
import { call } from "./load/http-client.ts";

/** The default of both servers is ten runs at once. */
const RUNS = { OH_MAX_CONCURRENT_RUNS: "1000" };

/** A server to measure: ours, or the reference. */
export interface Target {
  readonly name: "ours" | "reference";
  /** Starts it in a process of its own with `folder` as its working folder; resolves at the first 200 of /ready. */
  start(folder: string): Promise<Running>;
}

export interface Running {
  url: string;
  pid: number;
  /** Milliseconds from the spawn to the first 200 of /ready. */
  readyAfterMs: number;
  stop(): Promise<void>;
}

const POLL_MS = 4;
const START_LIMIT_MS = 120_000;

/** The built command in `dist`. */
export function ours(dist: string): Target {
  const cli = resolve(dist, "cli.js");
  if (!existsSync(cli)) throw new Error(`${cli} is not there: run "npm run build" first`);
  return {
    name: "ours",
    start: (folder) => launch({ command: process.execPath, args: [cli], folder, environment: RUNS }),
  };
}

export async function reference(): Promise<Target> {
  const command = await installReference();
  const environment = { OH_ENABLE_VSCODE: "0", OPENHANDS_SUPPRESS_BANNER: "1", ...RUNS };
  return {
    name: "reference",
    start: (folder) => launch({ command, args: ["-m", "openhands.agent_server"], folder, environment }),
  };
}

interface Launch {
  command: string;
  args: string[];
  folder: string;
  environment: Record<string, string>;
}

export async function launch({ command, args, folder, environment }: Launch): Promise<Running> {
  const port = await freePort();
  const { PATH, HOME } = process.env;
  const log = openSync(join(folder, "server.log"), "a");
  const started = performance.now();
  const child = spawn(command, [...args, "--port", String(port)], {
    cwd: folder,
    env: { PATH, HOME, ...environment },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  while (performance.now() - started < START_LIMIT_MS && child.exitCode === null) {
    const ready = await call(`${url}/ready`).catch(() => undefined);
    if (ready?.status === 200) {
      const readyAfterMs = performance.now() - started;
      return { url, pid: child.pid as number, readyAfterMs, stop: () => stop(child) };
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  await stop(child);
  throw new Error(`${command} did not become ready: see ${folder}/server.log`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(timer);
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}

const MIB = 1024 * 1024;

/** Resident memory in MiB, as Linux tells it. */
export function residentMiB(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return (Number(found?.[1]) * 1024) / MIB;
}

export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
