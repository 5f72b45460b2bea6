/** Remarks of the terminal before and after the output of a command. Clients know their words. */

const ADVICE =
  "It still runs. Send an empty command to wait for more output, send it input with `is_input`, stop it with " +
  '`is_input` and "C-c", or give a `timeout` next time.';

export const CONTINUED = "[Below is the output of the previous command.]\n";

export function completed(exitCode: number, controlKey: string | null): string {
  const key = controlKey === null ? "" : ` CTRL+${controlKey} was sent.`;
  return `\n[The command completed with exit code ${exitCode}.${key}]`;
}

export function completedBefore(exitCode: number): string {
  return `\n[The command completed with exit code ${exitCode} before the input could be sent.]`;
}

export function noNewOutput(seconds: number): string {
  return `\n[The command has no new output after ${seconds} seconds. ${ADVICE}]`;
}

export function waitingForInput(): string {
  return `\n[The command is waiting for input. ${ADVICE}]`;
}

export function timedOut(seconds: number): string {
  const shown = Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
  return `\n[The command timed out after ${shown} seconds. ${ADVICE}]`;
}

export function flooded(mebibytes: number): string {
  return `\n[The command has printed more than ${mebibytes} MiB. ${ADVICE}]`;
}

export const CLOSED = "[The terminal was closed while the command was running.]";

/** Refuses a call that would wait longer than the machine may be idle before it is stopped. Amounts are seconds. */
export function tooPatient(timeout: number, { idle, limit }: { idle: number; limit: number }): string {
  return (
    `Not run: the timeout of ${timeout} s is too long. This machine may be stopped after ${idle} s without activity, ` +
    `so a call may wait at most ${limit} s.\n\nGive a shorter timeout, or none and poll with empty commands, or start ` +
    "the command in the background with its output in a file."
  );
}

export function interrupted(): string {
  return "\n[The command was interrupted.]";
}

export function shellExited(exitCode: number, workingDir: string): string {
  return (
    `\n[The shell ended with exit code ${exitCode}: the command left it (\`exit\`, \`exec\`, or a failure under ` +
    `\`set -e\`) or it was killed. The next command starts a new one in ${workingDir}; variables, functions and ` +
    "background jobs of the old one are gone.]"
  );
}

export function notExecuted(command: string): string {
  return `\n[Your command ${JSON.stringify(command)} is NOT executed. The previous command is still running. ${ADVICE}]`;
}

export function previousCompleted(exitCode: number): string {
  return `[The previous command completed with exit code ${exitCode}.]`;
}

export const NOTHING_TO_POLL = "No previous running command to retrieve logs from.";
export const NOTHING_TO_INTERACT = "No previous running command to interact with.";
export const RESET =
  "Terminal session has been reset. All previous environment variables and session state have been cleared.";
