import type { Workspace } from "../../workspace/workspace.ts";

/** Milliseconds of one command, and bytes of its output that are shown. */
const TIMEOUT = 10_000;
const MAX_OUTPUT = 50 * 1024;
const MAX_ERROR = 2_000;
/** Commands of one skill, and milliseconds of all of them. */
const MAX_COMMANDS = 20;
const TOTAL_TIME = 60_000;

/**
 * Code in fences, one left open to the end included; a command that is only shown; other code; a command. The first
 * that fits counts, so that no command in code is run.
 */
const PIECES = /```[\s\S]*?(?:```|$)|\\!`[^`]+`|(?<!!)`[^`]+`|!`([^`]+)`/g;

/** The machine that the commands of a skill run on. */
export interface CommandPlace {
  workspace: Workspace;
  signal: AbortSignal;
}

/**
 * Puts the output of each command that a skill has as `` !`command` `` in the place of the command. A backslash before
 * it shows the command itself. What goes wrong stands there in brackets.
 */
export async function withCommandOutput(content: string, place: CommandPlace): Promise<string> {
  const deadline = AbortSignal.timeout(TOTAL_TIME);
  const parts: string[] = [];
  let end = 0;
  let commands = 0;
  for (const match of content.matchAll(PIECES)) {
    const [piece, command] = match;
    parts.push(content.slice(end, match.index));
    end = match.index + piece.length;
    if (command === undefined) parts.push(piece.startsWith("\\") ? piece.slice(1) : piece);
    else if (++commands > MAX_COMMANDS)
      parts.push(failed(command, `not run: ${MAX_COMMANDS} are run at most`));
    else parts.push(await outputOf(command, place, deadline));
  }
  return parts.join("") + content.slice(end);
}

async function outputOf(
  command: string,
  { workspace, signal }: CommandPlace,
  deadline: AbortSignal,
): Promise<string> {
  if (deadline.aborted) return failed(command, `not run: all together may take ${TOTAL_TIME / 1000} seconds`);
  const result = await workspace.run(["sh", "-c", command], {
    timeout: TIMEOUT,
    maxBytes: MAX_OUTPUT,
    signal: AbortSignal.any([signal, deadline]),
  });
  signal.throwIfAborted();
  const { outcome, exitCode, stdout, stderr, truncated } = result;
  if (outcome !== "exited") return failed(command, "stopped: it took too long");
  if (exitCode !== 0) return failed(command, `exit code ${exitCode}: ${stderr.slice(0, MAX_ERROR)}`);
  return stdout.trim() + (truncated ? "\n… [the rest of the output is left out]" : "");
}

function failed(command: string, reason: string): string {
  return `[Error: Command \`${command}\`: ${reason}]`;
}
