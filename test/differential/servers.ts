import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { COMMAND } from "../cli/spawn-server.ts";
import { isClusterWanted, openCluster } from "../cluster/harness/cluster.ts";
import { openDatabase } from "../cluster/harness/database.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/** The release that this server follows; it runs with the newest libraries that it allows. */
const VERSION = "1.58.2";
const PACKAGES = ["openhands-agent-server", "openhands-sdk", "openhands-tools"];

export interface RunningServer {
  url: string;
  stop(): Promise<void>;
  /** What several servers have reported, for a comparison that fails. Absent for one. */
  log?(): string;
}

/** Installs the reference into a virtual environment outside the checkout, once; gives its Python. */
export async function installReference(): Promise<string> {
  const folder =
    process.env.AGENT_SERVER_REFERENCE ?? join(homedir(), `.cache/agent-server/reference-${VERSION}`);
  const python = join(folder, "bin/python");
  if (await exists(join(folder, "installed"))) return python;
  if (!(await exists(python))) {
    await mkdir(folder, { recursive: true });
    await run(await findPython(), ["-m", "venv", folder]);
  }
  // pip takes a quarter of an hour to find versions that fit together, uv seconds.
  await run(python, ["-m", "pip", "install", "--quiet", "uv"]);
  const packages = PACKAGES.map((name) => `${name}==${VERSION}`);
  const install = ["-m", "uv", "pip", "install", "--quiet", "--python", python, ...packages];
  await run(python, install, { maxBuffer: 1 << 24 });
  await run(python, ["-c", `open(${JSON.stringify(join(folder, "installed"))}, "w").close()`]);
  return python;
}

/** The newest Python the reference runs on: 3.12 or 3.13, wherever pyenv or the system keeps it. */
async function findPython(): Promise<string> {
  const pyenv = join(homedir(), ".pyenv/versions");
  const candidates = [
    "python3.13",
    "python3.12",
    join(pyenv, "3.13.0/bin/python"),
    join(pyenv, "3.12.1/bin/python"),
    "python3",
  ];
  for (const candidate of candidates) {
    const { stdout } = await run(candidate, ["-c", "import sys; print(sys.version_info >= (3, 12))"]).catch(
      () => ({ stdout: "" }),
    );
    if (stdout.trim() === "True") return candidate;
  }
  throw new Error("the reference needs Python 3.12 or 3.13, and neither was found");
}

export async function startReference(
  python: string,
  cwd: string,
  more: Record<string, string> = {},
): Promise<RunningServer> {
  const port = await freePort();
  const environment = {
    OH_ENABLE_VSCODE: "0",
    OPENHANDS_SUPPRESS_BANNER: "1",
    TZ: "UTC",
    EXTENSIONS_PATH: join(cwd, "../extensions"),
    ...keyOfCluster(),
    ...more,
  };
  return start({
    command: python,
    args: ["-m", "openhands.agent_server", "--port", String(port)],
    port,
    cwd,
    environment,
  });
}

/** Starts servers of this package, for as long as the comparison lasts. */
export interface OurServers {
  start(cwd: string, more?: Record<string, string>): Promise<RunningServer>;
  close(): Promise<void>;
}

/** Each is three servers on one Postgres, behind a balancer, if the comparison runs with `--cluster`. */
export async function openOurs(): Promise<OurServers> {
  if (!isClusterWanted()) return { start: startOne, close: async () => {} };
  const database = await openDatabase();
  let schemas = 0;
  return {
    async start(cwd, more = {}) {
      if (isOfOneServer(more)) return startOne(cwd, more);
      schemas += 1;
      const { url, close, log } = await openCluster({
        ...{ cwd, database, args: ["--store-schema", `servers_${schemas}`], isPatient: true },
        environment: { HOME: join(cwd, "../home"), ...environmentOf(cwd, more) },
      });
      return { url, stop: close, log };
    },
    close: () => database.close(),
  };
}

/** A server that is configured later cannot be part of a cluster, and back ends of extensions are of each server alone. */
function isOfOneServer({ OH_DEFERRED_INIT, OH_APP_BACKEND_PUBLIC_URL }: Record<string, string>): boolean {
  return OH_DEFERRED_INIT !== undefined || OH_APP_BACKEND_PUBLIC_URL !== undefined;
}

export async function startOne(cwd: string, more: Record<string, string> = {}): Promise<RunningServer> {
  const port = await freePort();
  const command = join(root, "node_modules/.bin/node");
  return start({
    command,
    args: [COMMAND, "--port", String(port)],
    port,
    cwd,
    environment: environmentOf(cwd, more),
  });
}

function environmentOf(cwd: string, more: Record<string, string>): Record<string, string> {
  return {
    OH_ENABLE_VSCODE: "0",
    TZ: "UTC",
    EXTENSIONS_PATH: join(cwd, "../extensions"),
    ...keyOfCluster(),
    ...more,
  };
}

/** Servers of a cluster have a secret key, so all have one that are compared with them. */
function keyOfCluster(): Record<string, string> {
  return isClusterWanted() ? { OH_SECRET_KEY: "secret of the cluster" } : {};
}

interface Launch {
  command: string;
  args: string[];
  port: number;
  cwd: string;
  environment: Record<string, string>;
}

async function start({ command, args, port, cwd, environment }: Launch): Promise<RunningServer> {
  const { PATH } = process.env;
  // Nobody's own settings, and no start-up file of a shell: the reference's terminal is deaf until those are through.
  const HOME = join(cwd, "../home");
  const child = spawn(command, args, { cwd, env: { PATH, HOME, ...environment }, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 9_000; tries += 1) {
    const ready = await fetch(`${url}/ready`).catch(() => undefined);
    if (ready?.status === 200) return { url, stop: () => stop(child) };
    if (child.exitCode !== null) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  await stop(child);
  throw new Error(`${command} ${args.join(" ")} did not become ready`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
