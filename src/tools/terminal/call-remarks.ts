import type { CommandEnd, WaitOutcome } from "../../workspace/workspace-terminal.ts";
import { controlLetter } from "./keys.ts";
import * as remarks from "./remarks.ts";

/** Output after which a call without `timeout` returns although the command goes on printing. */
export const FLOOD_MEBIBYTES = 64;

/** The remark on a call that returns while its command runs. Both times are seconds. */
export function remarkOnPatience(
  outcome: WaitOutcome,
  { patience, noChangeTimeout }: { patience: number; noChangeTimeout: number },
): string {
  switch (outcome) {
    case "input":
      return remarks.waitingForInput();
    case "quiet":
      return remarks.noNewOutput(noChangeTimeout);
    case "flood":
      return remarks.flooded(FLOOD_MEBIBYTES);
    case "aborted":
      return remarks.interrupted();
    case "timeout":
    case "ended":
      return remarks.timedOut(patience);
  }
}

export interface EndedCall {
  outcome: WaitOutcome;
  /** Whether the command had ended before the call. */
  late?: boolean;
  input: { command: string; is_input: boolean };
}

/** The remark on a call whose command has ended. */
export function remarkOnEnd(
  { kind, exitCode }: Pick<CommandEnd, "kind" | "exitCode">,
  { outcome, late = false, input }: EndedCall,
  workingDir: string,
): string {
  if (kind === "shell_exit") return remarks.shellExited(exitCode, workingDir);
  if (outcome === "aborted") return remarks.interrupted();
  if (late) return remarks.completedBefore(exitCode);
  return remarks.completed(exitCode, input.is_input ? controlLetter(input.command.trim()) : null);
}
