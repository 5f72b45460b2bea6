import { spawn } from "node:child_process";

export interface ProcessOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Milliseconds after which the process and its group are killed. */
  timeout: number;
  /** Bytes kept of each stream; the rest is dropped. */
  maxBytes?: number;
}

export interface ProcessResult {
  /** null when a signal ended the process or it could not be started. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;

/** Runs a program by its argument list, never through a shell, in a group of its own. Never rejects. */
export function runProcess(
  argv: readonly [string, ...string[]],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const [program, ...parameters] = argv;
  const { promise, resolve } = Promise.withResolvers<ProcessResult>();
  const child = spawn(program, parameters, {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stdout = collect(child.stdout, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const stderr = collect(child.stderr, options.maxBytes ?? DEFAULT_MAX_BYTES);
  let timedOut = false;
  const finish = (exitCode: number | null, failure = "") => {
    clearTimeout(timer);
    resolve({ exitCode, stdout: stdout(), stderr: stderr() + failure, timedOut });
  };
  const timer = setTimeout(() => {
    timedOut = true;
    if (child.pid !== undefined) killGroup(child.pid);
    // A grandchild outside the group may hold the pipes open, and `close` would never come.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, options.timeout);
  child.once("error", (error) => finish(null, error.message));
  child.once("close", (exitCode) => finish(exitCode));
  return promise;
}

/** There are no streams when a process could not be started for want of descriptors, whatever the types say. */
function collect(stream: NodeJS.ReadableStream | undefined, maxBytes: number): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on("data", (chunk: Buffer) => {
    if (size < maxBytes) chunks.push(chunk.subarray(0, maxBytes - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
