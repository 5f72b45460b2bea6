import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors.ts";
import { LONGEST_TIMER } from "../waiting.ts";
import type { OutputChunk, RunResult } from "../workspace/workspace.ts";
import type { BashMachine } from "./bash-place.ts";
import { MAX_KEPT, OutputPieces, type StreamTexts } from "./output-pieces.ts";

/** Exit code of a command that was ended at its time limit, or could not be run. */
const NO_EXIT_CODE = -1;
/**
 * Milliseconds that a command waits with each chunk of output that is dropped, so that a flood leaves time to others.
 */
const DROP_PAUSE = 1;

/** Numbers of the signals that end programs. */
const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGSYS: 31,
};

/** How a command ended, with the output that no piece has. */
export interface CommandEnd extends StreamTexts {
  /** Negative for a signal; -1 past the time limit and when the command could not be run. */
  exitCode: number;
}

export interface CommandRun {
  machine: BashMachine;
  command: string;
  /** Absolute. undefined for the working directory of the machine. */
  cwd: string | undefined;
  /** Seconds. */
  timeout: number;
  /** Ends the command when it aborts. */
  signal: AbortSignal;
  /** Takes a full piece of one stream. The command waits meanwhile; a rejection ends it and is passed on. */
  onPiece(stream: OutputChunk["stream"], text: string): Promise<void>;
}

/** Runs a command in a shell until it has ended. Rejects only with what `onPiece` rejects with. */
export async function runCommand(run: CommandRun): Promise<CommandEnd> {
  const pieces = new OutputPieces();
  let failure: { error: unknown } | undefined;
  let isStarted = false;
  const store = async (stream: OutputChunk["stream"], texts: readonly string[]) => {
    for (const text of texts) {
      await run.onPiece(stream, text).catch((error: unknown) => {
        failure = { error };
        throw error;
      });
    }
  };
  const onOutput = async (chunk: OutputChunk) => {
    isStarted = true;
    if (pieces.isFull) await sleep(DROP_PAUSE);
    await store(chunk.stream, pieces.push(chunk, await run.machine.mask()));
  };
  try {
    const { machine, command, cwd, signal } = run;
    const timeout = Math.min(Math.max(run.timeout, 0) * 1000, LONGEST_TIMER);
    const options = { timeout, signal, maxBytes: 0, onOutput, ...(cwd !== undefined && { cwd }) };
    const result = await machine.workspace.run(["/bin/sh", "-c", command], options);
    if (!isStarted && result.stderr !== "") return notRun(result.stderr);
    for (const stream of ["stdout", "stderr"] as const) await store(stream, pieces.finish(stream));
    return { exitCode: exitCodeOf(result), ...withNote(pieces) };
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    return notRun(messageOf(error));
  }
}

function notRun(reason: string): CommandEnd {
  return { exitCode: NO_EXIT_CODE, stdout: "", stderr: `Error executing command: ${reason}` };
}

function exitCodeOf({ outcome, exitCode, signal }: RunResult): number {
  if (outcome === "timed_out") return NO_EXIT_CODE;
  return exitCode ?? -(SIGNALS[signal ?? "SIGTERM"] ?? 1);
}

function withNote(pieces: OutputPieces): StreamTexts {
  const { stdout, stderr } = pieces.rest;
  if (pieces.droppedBytes === 0) return { stdout, stderr };
  const note = `[${pieces.droppedBytes} further bytes of output were dropped: at most ${MAX_KEPT} characters are kept.]\n`;
  return { stdout, stderr: stderr === "" || stderr.endsWith("\n") ? stderr + note : `${stderr}\n${note}` };
}
