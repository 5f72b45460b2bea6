import { shellQuote } from "../../../shell-quote.ts";

/** What the shell tells about itself, out of sight of the commands it runs. */
export type TerminalMarker =
  | { kind: "started"; commandId: number }
  | {
      kind: "prompt";
      exitCode: number;
      /** Process id of the last background job, -1 when there is none. */
      backgroundPid: number;
      workingDir: string;
      pythonPath: string | null;
    };

/** Operating system command number of our markers; chosen outside of those in use by terminals. */
export const MARKER_NUMBER = 7717;

/** Reads the text of a marker; null for one that does not carry the nonce of this shell. */
export function parseMarker(data: string, nonce: string): TerminalMarker | null {
  const [shell, kind, first, second, third, ...rest] = data.split(";");
  if (shell !== nonce) return null;
  if (kind === "S") return { kind: "started", commandId: Number(first) };
  if (kind !== "P") return null;
  return {
    kind: "prompt",
    exitCode: toInteger(first),
    backgroundPid: toInteger(second),
    pythonPath: third || null,
    workingDir: rest.join(";"),
  };
}

/**
 * The start-up file of our bash. The user's own files are not read: they may be slow, print, start another shell
 * or ask something, and the tool chains they set up are in the environment already. A command that wants them
 * says `source ~/.bashrc`.
 *
 * Markers are escape sequences with a nonce, written to the terminal itself: they stay in order with the output,
 * survive `exec > file`, and no command prints one by accident, not even when it prints these functions.
 * Each comes after a full reset of the screen, so that a command starts with a clean one.
 * Everything is arranged to work in bash 3.2, which macOS brings.
 */
export function shellStartup(options: { nonce: string; directory: string }): string {
  const mark = `builtin printf '\\033c\\033]${MARKER_NUMBER};${options.nonce};%s\\007'`;
  return `\
set +o history
unset HISTFILE MAILCHECK
IGNOREEOF=100
PS1= PS2=
__agent_dir=${shellQuote(options.directory)}
# The server removes the folder; when it was killed, the shell ends with its terminal and does it.
trap 'command -p rm -rf "$__agent_dir"' EXIT
__agent_begin() {
  local status=$2
  command -p stty echo </dev/tty
  if [[ -r $__agent_dir/exports ]]; then
    builtin . "$__agent_dir/exports"
    command -p rm -f "$__agent_dir/exports"
  fi
  IFS= builtin read -r -d '' __agent_command <"$__agent_dir/command"
  if [[ -n $__agent_flags ]]; then __agent_command="{ set -$__agent_flags; } 2>/dev/null"$'\n'"$__agent_command"; fi
  ${mark} "S;$1" >/dev/tty
  return $status
}
__agent_prompt() {
  local status=$1 line python
  __agent_flags=
  if [[ $- == *x* ]]; then __agent_flags=x; fi
  set +ex
  PS1= PS2=
  command -p stty sane -echo </dev/tty
  while builtin read -r -t 0 </dev/tty; do builtin read -r -t 1 line </dev/tty || break; done
  python=$(builtin type -P python || builtin type -P python3)
  ${mark} "P;$status;\${!:-};\${python//[;[:cntrl:]]/?};\${PWD//[[:cntrl:]]/?}" >/dev/tty
  __agent_arm
  return $status
}
__agent_end() {
  local status=$?
  __agent_arm
  return $status
}
__agent_arm() { PROMPT_COMMAND='{ __agent_prompt $?; } 2>/dev/null'; }
__agent_arm
`;
}

/**
 * The line typed at the prompt to run what lies in the command file, at top level and in the current shell.
 * It begins with a plain word because after an unclosed quote bash 5.2 does not know a `{` at the start of the
 * next line. `set -e` ends with the command that says it: a shell that dies of the next failing grep helps nobody.
 */
export function runLine(commandId: number): string {
  return ` __agent_status=$?; { __agent_begin ${commandId} $__agent_status; } 2>/dev/null; eval "$__agent_command"; { __agent_end; } 2>/dev/null\n`;
}

function toInteger(text: string | undefined): number {
  return /^-?\d+$/.test(text ?? "") ? Number(text) : -1;
}
