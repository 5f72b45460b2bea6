import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type SpawnedServer, spawnServer } from "../cli/spawn-server.ts";

export interface SubjectOptions {
  folder: string;
  /** Session key. None: the server asks nobody for one. */
  key?: string;
  /** URL of a Postgres to keep everything in. None: SQLite. */
  store?: string | undefined;
}

/** The server that is attacked: a process of its own, as a user starts it. */
export interface Subject {
  readonly url: string;
  readonly key: string | undefined;
  /** The folder that it works in. */
  readonly folder: string;
  /** `kill -9`, and a start on the same port. */
  crash(): Promise<void>;
  /** Ends it as a service manager would. Returns what was wrong with that. */
  stop(): Promise<string[]>;
  residentMiB(): Promise<number>;
  /** Lines of its log that must not be there. */
  alarms(): string[];
}

const ALARM =
  /Unexpected error|unhandled|uncaught|FATAL ERROR|heap out of memory|MaxListenersExceeded|Assertion|panic/i;
const STOP_MS = 60_000;

export async function startSubject({ folder, key, store }: SubjectOptions): Promise<Subject> {
  const home = join(folder, "home");
  await mkdir(home, { recursive: true });
  const programs = await withoutPackages(folder);
  const options = {
    cwd: folder,
    args: ["--host", "127.0.0.1", ...(store === undefined ? [] : ["--store", store])],
    environment: {
      HOME: home,
      PATH: `${programs}:${process.env.PATH}`,
      OH_ENABLE_VSCODE: "0",
      OH_SECRET_KEY: "secret of the fuzzer",
      ...(key !== undefined && { OH_SESSION_API_KEYS_0: key }),
    },
  };
  const servers: SpawnedServer[] = [await spawnServer(options)];
  const current = () => servers.at(-1) as SpawnedServer;
  const { url } = current();
  const again = { ...options, args: [...options.args, "--port", new URL(url).port] };
  return {
    url,
    key,
    folder,
    crash: async () => {
      await current().stop("SIGKILL");
      servers.push(await spawnServer(again));
    },
    stop: () => end(current()),
    residentMiB: () => residentMiB(current().process.pid),
    alarms: () =>
      servers.flatMap(({ stderr }) =>
        stderr()
          .split("\n")
          .filter((line) => ALARM.test(line)),
      ),
  };
}

/** Packages are not there without a network, and `npx` takes more than a minute to find that out. */
async function withoutPackages(folder: string): Promise<string> {
  const programs = join(folder, "programs");
  await mkdir(programs, { recursive: true });
  await writeFile(join(programs, "npx"), "#!/bin/sh\necho 'there is no network' >&2\nexit 1\n", {
    mode: 0o755,
  });
  return programs;
}

async function end(server: SpawnedServer): Promise<string[]> {
  if (server.process.exitCode !== null || server.process.signalCode !== null) {
    const { exitCode, signalCode } = server.process;
    return [`the server had ended by itself, with ${signalCode ?? exitCode}`, server.stderr().slice(-4_000)];
  }
  const timer = setTimeout(() => server.process.kill("SIGKILL"), STOP_MS);
  const code = await server.stop("SIGTERM");
  clearTimeout(timer);
  return code === 0 ? [] : [`the server did not end as it should: ${code ?? `it took over ${STOP_MS} ms`}`];
}

async function residentMiB(pid = 0): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
