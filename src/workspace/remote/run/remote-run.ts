import { constants } from "node:os";
import { BoundedOutput } from "../../local/bounded-output.ts";
import type { Argv, ResumeOptions, RunOptions, RunResult } from "../../workspace.ts";
import type { RemoteMachine } from "../remote-machine.ts";
import { type ProcessPlace, RemoteProcess, type RemoteProcessOptions } from "./remote-process.ts";
import { RemoteStdin } from "./remote-stdin.ts";
import type { RemoteInput } from "./runner-script.ts";

export interface RemoteRun extends RunOptions {
  argv: Argv;
  /** Absolute path. */
  cwd: string;
  signal: AbortSignal;
}

/** A wait for a program that runs already. */
export type ResumedRun = ResumeOptions & { signal: AbortSignal };

const DEFAULT_TIMEOUT = 10 * 60 * 1000;
const DEFAULT_MAX_BYTES = 1024 * 1024;

/** Seconds that the other server waits longer than this one before it ends a program itself. */
const SPARE_SECONDS = 60;
const LONGEST_SECONDS = 2_000_000;

const NOT_STARTED = { exitCode: null, signal: null, stdout: "", stderr: "", truncated: false };

/**
 * Runs a program on the other machine as `Workspace.run` promises. One of a call is started once, whichever server has
 * the conversation.
 */
export async function remoteRun(machine: RemoteMachine, run: RemoteRun): Promise<RunResult> {
  const { argv, cwd, env = {}, stdin, callId } = run;
  if (run.signal.aborted) return { ...NOT_STARTED, outcome: "aborted" };
  return toItsEnd(run, async (options) => ({
    isWhole: true,
    process: await RemoteProcess.start(
      machine,
      { ...options, spec: () => ({ argv, cwd, env, input: inputOf(stdin) }), stdin: wholeInput(stdin) },
      machine.lasts && callId !== undefined ? placeOf(machine, callId) : undefined,
    ),
  }));
}

/** Waits for the program of a call that was started there. null where none was. */
export async function resumeRun(
  machine: RemoteMachine,
  { callId, ...run }: ResumedRun & { callId: string },
): Promise<RunResult | null> {
  if (run.signal.aborted) return { ...NOT_STARTED, outcome: "aborted" };
  const place = placeOf(machine, callId);
  if (!(await machine.server.wasStarted(place.id, { signal: run.signal }))) return null;
  return toItsEnd(run, (options) => RemoteProcess.resume(machine, options, place));
}

interface Followed {
  process: RemoteProcess;
  /** Whether all output is there. */
  isWhole: boolean;
}

/** Follows a program until it ends, or is ended at its time limit or by the signal. */
async function toItsEnd(
  run: ResumedRun & Pick<RunOptions, "stdin">,
  begin: (options: RemoteProcessOptions) => Promise<Followed>,
): Promise<RunResult> {
  const { stdin, timeout = DEFAULT_TIMEOUT, maxBytes = DEFAULT_MAX_BYTES } = run;
  const deadline = startDeadline(timeout, run.signal);
  const outputs = { stdout: new BoundedOutput(maxBytes), stderr: new BoundedOutput(maxBytes) };
  let taken = () => {};
  try {
    const { process, isWhole } = await begin({
      timeoutSeconds: Math.min(Math.ceil(timeout / 1000) + SPARE_SECONDS, LONGEST_SECONDS),
      onInputTaken: () => taken(),
      onOutput(stream, bytes) {
        outputs[stream].add(bytes);
        return run.onOutput?.({ stream, bytes });
      },
    });
    const feed =
      inputOf(stdin) === "pieces" ? new RemoteStdin(process, stdin as AsyncIterable<Uint8Array>) : null;
    taken = () => feed?.taken();
    deadline.onReached(() => process.stop());
    try {
      await process.ended;
    } finally {
      feed?.close();
      // Also after a failure: nothing of the program stays.
      if (deadline.outcome !== "exited" || (await failed(process))) await process.stop();
    }
    return {
      outcome: deadline.outcome,
      ...endOf(deadline.outcome === "exited" ? await process.ended : null),
      stdout: outputs.stdout.text(),
      stderr: outputs.stderr.text(),
      truncated: outputs.stdout.truncated || outputs.stderr.truncated || !isWhole,
    };
  } finally {
    deadline.close();
  }
}

function placeOf(machine: RemoteMachine, callId: string): ProcessPlace {
  const id = machine.idOf("run", callId);
  return { id, folder: machine.callFolder(id) };
}

function failed(process: RemoteProcess): Promise<boolean> {
  return process.ended.then(
    () => false,
    () => true,
  );
}

function inputOf(stdin: RunOptions["stdin"]): RemoteInput {
  if (stdin === undefined) return "none";
  return typeof stdin === "string" || stdin instanceof Uint8Array ? "file" : "pieces";
}

function wholeInput(stdin: RunOptions["stdin"]): AsyncIterable<Uint8Array> | undefined {
  if (typeof stdin !== "string" && !(stdin instanceof Uint8Array)) return undefined;
  const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
  return (async function* () {
    yield bytes;
  })();
}

interface Deadline {
  readonly outcome: RunResult["outcome"];
  onReached(stop: () => void): void;
  close(): void;
}

function startDeadline(timeout: number, signal: AbortSignal): Deadline {
  let outcome: RunResult["outcome"] = "exited";
  let stop: (() => void) | null = null;
  const reach = (reason: RunResult["outcome"]) => {
    if (outcome === "exited") outcome = reason;
    stop?.();
  };
  const abort = () => reach("aborted");
  const timer = setTimeout(reach, timeout, "timed_out");
  signal.addEventListener("abort", abort);
  return {
    get outcome() {
      return outcome;
    },
    onReached(action) {
      stop = action;
      if (outcome !== "exited") action();
    },
    close() {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    },
  };
}

/** Shells report a signal as 128 and its number. A program that was stopped has got SIGTERM. */
function endOf(status: number | null): Pick<RunResult, "exitCode" | "signal"> {
  if (status === null) return { exitCode: null, signal: "SIGTERM" };
  const name = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  return name === undefined ? { exitCode: status, signal: null } : { exitCode: null, signal: name };
}
