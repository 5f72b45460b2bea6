import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The file of the command that suites start. */
export const COMMAND = process.env.AGENT_SERVER_TEST_COMMAND ?? join(root, "src/cli.ts");
/** Milliseconds. Several that start at once on a busy machine take their time. */
const START_LIMIT = 300_000;

const running = new Set<ChildProcess>();
/** Ends the servers of tests that failed before they stopped them. */
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface SpawnedServer {
  url: string;
  process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Sends the signal and waits for the end; gives the exit code, null when the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface SpawnOptions {
  cwd: string;
  /** The file of the command. Default: that of `AGENT_SERVER_TEST_COMMAND`, such as a build, or else of the sources. */
  command?: string;
  args?: string[];
  environment?: Record<string, string>;
}

/** The command as a user runs it: a process of its own, with nothing of this one's settings. */
export async function spawnServer(options: SpawnOptions): Promise<SpawnedServer> {
  const spawned = spawnCommand({ ...options, args: ["--port", "0", ...(options.args ?? [])] });
  const deadline = Date.now() + START_LIMIT;
  while (Date.now() < deadline) {
    const url = /^Agent server\s+(\S+)$/m.exec(spawned.stdout())?.[1];
    if (url !== undefined) return { ...spawned, url };
    if (spawned.process.exitCode !== null) break;
    await new Promise((done) => setTimeout(done, 20));
  }
  await spawned.stop("SIGKILL");
  throw new Error(`the server did not start:\n${spawned.stdout()}${spawned.stderr()}`);
}

export function spawnCommand(options: SpawnOptions): Omit<SpawnedServer, "url"> {
  const { PATH, HOME } = process.env;
  const child = spawn(
    join(root, "node_modules/.bin/node"),
    [options.command ?? COMMAND, ...(options.args ?? [])],
    {
      cwd: options.cwd,
      env: { PATH, HOME, ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  running.add(child);
  child.once("exit", () => running.delete(child));
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  return {
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, "exit");
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
