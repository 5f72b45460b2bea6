import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../../errors.ts";
import type { Argv, OutputChunk, RunOptions, RunResult } from "../workspace.ts";
import { BoundedOutput } from "./bounded-output.ts";
import { isMissing } from "./file-error.ts";
import { ProcessDeadline } from "./process-deadline.ts";

export interface ProcessOptions extends RunOptions {
  /** Absolute path of an existing folder. */
  cwd: string;
  /** Everything the program sees of an environment. */
  env: Readonly<Record<string, string>>;
  /** Ends what the program only waits for, before the program itself. */
  endElsewhere?: ((exited: Promise<unknown>) => Promise<void>) | undefined;
}

const DEFAULT_TIMEOUT = 10 * 60 * 1000;
const DEFAULT_MAX_BYTES = 1024 * 1024;

const NOT_STARTED = { exitCode: null, signal: null, stdout: "", stderr: "", truncated: false };

/** Runs a program in a process group as `Workspace.run` promises. Rejects only with what `onOutput` throws. */
export async function runProcess(argv: Argv, options: ProcessOptions): Promise<RunResult> {
  const { timeout = DEFAULT_TIMEOUT, signal, maxBytes = DEFAULT_MAX_BYTES } = options;
  if (signal?.aborted) return { ...NOT_STARTED, outcome: "aborted" };
  const child = await start(argv, options);
  if (!(child instanceof ChildProcess)) return child;
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  const deadline = new ProcessDeadline(child, { timeout, signal, endElsewhere: options.endElsewhere });
  const outputs = { stdout: new BoundedOutput(maxBytes), stderr: new BoundedOutput(maxBytes) };
  let failure: { error: unknown } | undefined;
  const drain = async (stream: OutputChunk["stream"]) => {
    for await (const bytes of child[stream] as AsyncIterable<Uint8Array>) {
      outputs[stream].add(bytes);
      await options.onOutput?.({ stream, bytes });
    }
  };
  const drained = Promise.all([drain("stdout"), drain("stderr")]).catch((error: unknown) => {
    // The deadline cuts the streams off, which fails as well.
    if (deadline.outcome === "exited") failure = { error };
    return deadline.end();
  });
  feed(child, options.stdin);
  // A consumer that never comes back does not outlast the deadline.
  await Promise.race([drained, deadline.reached]);
  const [exitCode, signalName] = await closed;
  await deadline.settle();
  if (failure !== undefined) throw failure.error;
  return {
    outcome: deadline.outcome,
    exitCode,
    signal: signalName,
    stdout: outputs.stdout.text(),
    stderr: outputs.stderr.text(),
    truncated: outputs.stdout.truncated || outputs.stderr.truncated,
  };
}

/** The running child, or the result of a program that could not be started. */
async function start(
  [program, ...parameters]: Argv,
  { cwd, env, stdin }: ProcessOptions,
): Promise<ChildProcess | RunResult> {
  try {
    const input = stdin === undefined ? "ignore" : "pipe";
    const child = spawn(program, parameters, {
      cwd,
      env: { ...env },
      stdio: [input, "pipe", "pipe"],
      detached: true,
    });
    await once(child, "spawn");
    child.on("error", () => {});
    return child;
  } catch (error) {
    const hasFolder = (await stat(cwd).catch(() => null))?.isDirectory() ?? false;
    const stderr = hasFolder ? messageOf(error) : `The working directory ${cwd} is not a folder.`;
    return { ...NOT_STARTED, outcome: "exited", exitCode: isMissing(error) ? 127 : 126, stderr };
  }
}

function feed(child: ChildProcess, stdin: RunOptions["stdin"]): void {
  if (child.stdin === null || stdin === undefined) return;
  const source = typeof stdin === "string" || stdin instanceof Uint8Array ? [stdin] : stdin;
  // A program may end without reading all of its input.
  pipeline(Readable.from(source), child.stdin).catch(() => {});
}
