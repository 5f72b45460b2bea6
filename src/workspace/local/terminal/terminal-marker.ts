import { shellQuote } from "../../../shell-quote.ts";

/** A message of the shell about itself. */
export type TerminalMarker =
  | { kind: "started"; commandId: number }
  | {
      kind: "prompt";
      /** Process id of the shell where it runs. */
      shellPid: number;
      exitCode: number;
      /** Process id of the last background job, -1 without one. */
      backgroundPid: number;
      workingDir: string;
      pythonPath: string | null;
    };

/** Number of the operating system command that carries markers. No terminal uses it. */
export const MARKER_NUMBER = 7717;

/** Reads the text of a marker. null when it does not have the nonce of this shell. */
export function parseMarker(data: string, nonce: string): TerminalMarker | null {
  const [shell, kind, first, exitCode, background, python, ...rest] = data.split(";");
  if (shell !== nonce) return null;
  if (kind === "S") return { kind: "started", commandId: Number(first) };
  if (kind !== "P") return null;
  return {
    kind: "prompt",
    shellPid: toInteger(first),
    exitCode: toInteger(exitCode),
    backgroundPid: toInteger(background),
    pythonPath: python || null,
    workingDir: rest.join(";"),
  };
}

/**
 * Makes the startup file of bash. The user's own files are not read: they may be slow, print, start another shell or
 * ask something, and the environment has what they set up already. A command that needs them says `source ~/.bashrc`.
 *
 * Markers are escape sequences with a nonce, written to the terminal: they stay in order with the output, survive `exec
 * > file`, and no command prints one by accident, not even when it prints these functions. Each comes after a full
 * reset of the screen, so that a command starts with a clean one. The nonce is in no file once the shell has started.
 *
 * The script works in bash 3.2, which is the one of macOS.
 */
export function shellStartup(options: { nonce: string; directory: string }): string {
  const mark = `builtin printf '\\033c\\033]${MARKER_NUMBER};${options.nonce};%s\\007'`;
  return `\
set +o history
unset HISTFILE MAILCHECK
IGNOREEOF=100
PS1= PS2=
__agent_dir=${shellQuote(options.directory)}
{ : >|"$__agent_dir/startup"; } 2>/dev/null
# The server removes the folder. After it was killed, the shell ends with its terminal and does that.
trap 'command -p rm -rf "$__agent_dir" 2>/dev/null' EXIT
__agent_begin() {
  local status=$2
  command -p stty echo </dev/tty
  if [[ -s $__agent_dir/exports ]]; then builtin . "$__agent_dir/exports"; fi
  IFS= builtin read -r -d '' __agent_command <"$__agent_dir/command"
  : >|"$__agent_dir/exports" >|"$__agent_dir/command"
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
  ${mark} "P;$$;$status;\${!:-};\${python//[;[:cntrl:]]/?};\${PWD//[[:cntrl:]]/?}" >/dev/tty
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
 * Makes the line that is typed at the prompt to run the command file, at top level and in the current shell. It begins
 * with a plain word because after an unclosed quote bash 5.2 does not know a `{` at the start of the next line. `set
 * -e` ends with the command that says it, because later commands expect the shell to survive a failing grep.
 */
export function runLine(commandId: number): string {
  return ` __agent_status=$?; { __agent_begin ${commandId} $__agent_status; } 2>/dev/null; eval "$__agent_command"; { __agent_end; } 2>/dev/null\n`;
}

function toInteger(text: string | undefined): number {
  return /^-?\d+$/.test(text ?? "") ? Number(text) : -1;
}
