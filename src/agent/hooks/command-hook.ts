import { messageOf } from "../../errors.ts";
import { LONGEST_TIMER } from "../../waiting.ts";
import type { HookDefinition } from "../../wire/agent/hook-config.ts";
import type { ExtensionHost } from "../loop/extension.ts";
import { readCommandOutput } from "./command-output.ts";
import { type HookSession, type HookSubject, hookInput } from "./hook-input.ts";
import { type HookResult, QUIET } from "./hook-result.ts";

type Machine = ExtensionHost["workspace"];
type Ended = Awaited<ReturnType<Machine["run"]>>;

/** Exit code by which a command refuses. */
const BLOCK = 2;
/** Exit codes of a shell for a command that it could not start. */
const NOT_STARTED: ReadonlySet<number> = new Set([126, 127]);
/** Bytes of each output that are read. A longer answer is not understood. */
const MAX_OUTPUT = 1024 * 1024;

export interface CommandOptions {
  machine: Machine;
  session: HookSession;
  subject: HookSubject;
  /** Whether the moment waits for permission: a command that cannot give it then refuses. */
  guards: boolean;
  signal: AbortSignal;
}

/**
 * Runs the command of a hook in the working directory, with its input as JSON on standard input. 0 is success and 2 a
 * refusal; any other code is a failure that refuses nothing, as guards for other agents are written for it.
 *
 * A guard that comes to no answer refuses: one that was not found, did not end in time, was killed, or wrote more
 * than can be read. Otherwise a mistake in its path, or input made to hang it, would switch it off.
 */
export async function runCommandHook(hook: HookDefinition, options: CommandOptions): Promise<HookResult> {
  try {
    const ended = await startCommand(hook, { ...options, maxBytes: MAX_OUTPUT });
    options.signal.throwIfAborted();
    return resultOf(hook, ended, options.guards);
  } catch (error) {
    options.signal.throwIfAborted();
    return failed(options.guards, `The hook could not be run: ${messageOf(error)}`);
  }
}

/** Runs the command in its environment. Past the timeout of the hook its whole process group is ended. */
export function startCommand(
  { command, timeout }: HookDefinition,
  { machine, session, subject, signal, maxBytes }: Omit<CommandOptions, "guards"> & { maxBytes: number },
): Promise<Ended> {
  const { moment, toolName } = subject;
  return machine.run(["/bin/sh", "-c", command], {
    cwd: session.workingDir,
    env: {
      OPENHANDS_PROJECT_DIR: session.workingDir,
      OPENHANDS_SESSION_ID: session.id,
      OPENHANDS_EVENT_TYPE: moment,
      ...(toolName !== undefined && { OPENHANDS_TOOL_NAME: toolName }),
    },
    stdin: JSON.stringify(hookInput(subject, session)),
    timeout: deadlineOf(timeout),
    maxBytes,
    signal,
  });
}

/** Milliseconds of a timeout in seconds. */
export function deadlineOf(timeout: number): number {
  return Math.min(Math.max(timeout * 1_000, 1), LONGEST_TIMER);
}

function resultOf({ timeout }: HookDefinition, ended: Ended, guards: boolean): HookResult {
  const { outcome, exitCode, signal, stdout, stderr, truncated } = ended;
  if (outcome === "timed_out") {
    return { ...failed(guards, `The hook did not end within ${timeout} seconds`), stdout, stderr };
  }
  if (exitCode === null)
    return { ...failed(guards, `The hook was ended by ${signal ?? "a signal"}`), stdout, stderr };
  const said = readCommandOutput(truncated ? "" : stdout);
  const result = { ...QUIET, ...said, success: exitCode === 0, exitCode, stdout, stderr };
  if (exitCode === BLOCK) return { ...result, blocked: true };
  if (!guards) return result;
  if (NOT_STARTED.has(exitCode)) return { ...result, blocked: true, error: "The hook could not be started" };
  if (truncated && exitCode === 0) {
    const error = `The hook wrote more than ${MAX_OUTPUT} bytes, so its answer cannot be read`;
    return { ...result, blocked: true, reason: error, error };
  }
  return result;
}

/** A command that gave no code. */
function failed(guards: boolean, error: string): HookResult {
  return { ...QUIET, success: false, blocked: guards, exitCode: -1, error, reason: guards ? error : null };
}
