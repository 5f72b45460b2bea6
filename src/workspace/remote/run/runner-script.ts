import { shellQuote } from "../../../shell-quote.ts";
import type { Argv } from "../../workspace.ts";

/** Bytes of output in one file of the log, about. */
export const SEGMENT_BYTES = 1024 * 1024;

/** Files of the log that wait to be read. Then the program waits. Those before them are removed. */
export const SEGMENTS_AHEAD = 4;

/** Bytes of output in one frame. */
export const FRAME_BYTES = 64 * 1024;

/** Where a program gets its standard input: nowhere, from the file `stdin`, or piece by piece while it runs. */
export type RemoteInput = "none" | "file" | "pieces" | "shell";

/** A program for the runner. */
export interface RunnerSpec {
  argv: Argv;
  /** Absolute path. */
  cwd: string;
  env: Readonly<Record<string, string>>;
  input: RemoteInput;
}

const NAME = /^[A-Za-z_]\w*$/;

/** The lines that tell the runner what to run. They hold the values of variables. */
export function specLines({ argv, cwd, env, input }: RunnerSpec): string {
  const variables = Object.entries(env);
  const exports = variables.filter(([name]) => NAME.test(name));
  // No shell can export these.
  const others = variables.filter(([name]) => !NAME.test(name)).map(([name, value]) => `${name}=${value}`);
  const words = others.length === 0 ? argv : ["env", "--", ...others, ...argv];
  return [
    `cwd=${shellQuote(cwd)}`,
    `input=${input}`,
    "start() {",
    ...exports.map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `exec ${words.map(shellQuote).join(" ")}`,
    "}",
    "",
  ].join("\n");
}

/**
 * Runs the program that `cwd`, `input` and `start` describe, in the group of the shell that reads it. What the program
 * does is a log in the folder `$R`: files `log.0`, `log.1`, … of frames, each a line and the bytes that it announces.
 *
 * - `o <bytes>` and `e <bytes>`: output and error output.
 * - `i 0`: a piece of the input was taken.
 * - `n 0`: the log goes on in the next file. The number of the first file that is still needed is read from `ack`.
 * - `x <bytes>`: the program has ended; the bytes are the exit code of the shell.
 *
 * `ctl` takes lines: `in NAME` passes a file on as input, `end` ends it. `signal` takes the name of a signal for the
 * processes below a shell, except those whose ids are in `kept`. A shell ends when the file `lease` grows old.
 */
export const RUNNER = `
umask_before=$(umask); umask 077
mkdir -p -- "$R" && mkdir -- "$R/lock" 2>/dev/null || exit 0
echo $$ >"$R/group"
mkfifo -- "$R/out" "$R/err" || exit 125
echo '0 0' >"$R/at"; : >"$R/log.0"; : >"$R/nothing"

emit() {
  until mkdir "$R/busy" 2>/dev/null; do sleep 0.01; done
  read -r segment used <"$R/at"
  if [ "$used" -ge ${SEGMENT_BYTES} ]; then
    echo 'n 0' >>"$R/log.$segment"
    segment=$((segment + 1)); used=0
    while :; do
      ack=; [ ! -e "$R/ack" ] || read -r ack <"$R/ack"
      [ $((segment - \${ack:-0})) -ge ${SEGMENTS_AHEAD} ] || break
      sleep 0.05
    done
    rm -f -- "$R/log.$((segment - ${SEGMENTS_AHEAD}))"
  fi
  size=$(wc -c <"$2"); size=$((size))
  { printf '%s %d\\n' "$1" "$size"; cat -- "$2"; } >>"$R/log.$segment"
  echo "$segment $((used + size))" >"$R/at"
  rmdir "$R/busy"
}

pump() {
  while dd bs=${FRAME_BYTES} count=1 of="$R/piece.$1" 2>/dev/null && [ -s "$R/piece.$1" ]; do
    emit "$1" "$R/piece.$1"
  done <"$2"
}

feed() {
  mkfifo -- "$R/ctl.new"; exec 9<>"$R/ctl.new"; mv -- "$R/ctl.new" "$R/ctl"
  while read -r verb name <&9; do
    case $verb in
      in) cat -- "$R/$name"; rm -f -- "$R/$name"; emit i "$R/nothing" ;;
      end) exec >/dev/null ;;
    esac
  done
}

children() { cat "/proc/$1/task/$1/children" 2>/dev/null || ps -o pid= --ppid "$1"; }

signal_below() {
  for child in $(children "$2"); do
    case " $kept " in *" $child "*) continue ;; esac
    ( signal_below "$1" "$child" )
    kill "-$1" "$child"
  done
}

listen() {
  mkfifo -- "$R/signal.new"; exec 8<>"$R/signal.new"; mv -- "$R/signal.new" "$R/signal"
  while read -r name <&8; do
    kept=$(cat "$R/kept"); shell=$(cat "$R/shell")
    signal_below "$name" "$shell"
  done
}

watch_lease() {
  while sleep 30; do
    [ -z "$(find "$R/lease" -mmin +10)" ] || kill -KILL 0
  done
}

stdin=/dev/null helpers=
case $input in
  file) stdin=$R/stdin ;;
  pieces | shell)
    stdin=$R/in
    mkfifo -- "$R/in"
    feed >"$R/in" 2>/dev/null & helpers=$! ;;
esac
if [ "$input" = shell ]; then
  : >"$R/lease"; : >"$R/kept"; : >"$R/shell"
  listen >/dev/null 2>&1 & helpers="$helpers $!"
  watch_lease >/dev/null 2>&1 & helpers="$helpers $!"
fi
( trap '' TERM; pump o "$R/out" ) & pumps=$!
( trap '' TERM; pump e "$R/err" ) & pumps="$pumps $!"
(
  umask "$umask_before"
  cd -- "$cwd" 2>/dev/null || { printf 'The working directory %s is not a folder.\\n' "$cwd" >&2; exit 126; }
  start
) <"$stdin" >"$R/out" 2>"$R/err"
status=$?
if [ "$input" = shell ]; then
  trap '' TERM; kill -TERM 0
  for pump in $pumps; do
    tries=0
    while kill -0 "$pump" 2>/dev/null && [ $tries -lt 10 ]; do sleep 0.1; tries=$((tries + 1)); done
  done
else
  wait $pumps
  [ -z "$helpers" ] || kill $helpers
fi
[ -z "$helpers" ] || rmdir "$R/busy" 2>/dev/null
echo "$status" >"$R/status"
emit x "$R/status"
`;

/** Tenths of a second that the rest of a group gets after SIGTERM. */
const GRACE_TENTHS = 10;

/** Writes a line into a pipe of a run, once its reader is there. Nothing, where the run has ended. */
export function tellScript(folder: string, pipe: "ctl" | "signal", line: string): string {
  return `R=${shellQuote(folder)}
tries=0
until [ -p "$R/${pipe}" ] || [ -e "$R/status" ] || [ $tries -ge 200 ]; do sleep 0.05; tries=$((tries + 1)); done
[ ! -p "$R/${pipe}" ] || printf '%s\\n' ${shellQuote(line)} 1<>"$R/${pipe}"`;
}

/**
 * Ends what is left of a run, whose group may have members that outlived its leader. `tag` is a variable of every
 * process of a terminal.
 */
export function sweepScript(folder: string, tag: string | null): string {
  const tagged =
    tag === null
      ? ""
      : `for file in $(grep -lzxF -e ${shellQuote(tag)} /proc/[0-9]*/environ 2>/dev/null); do
  process=\${file#/proc/}; kill -KILL "\${process%/environ}" 2>/dev/null
done`;
  return `R=${shellQuote(folder)}
group=$(cat "$R/group" 2>/dev/null)
# In a space of its own, this shell may have the same number.
if [ "\${group:-0}" -gt 1 ] && [ "$group" != $$ ]; then
  tries=0
  while kill -0 "-$group" 2>/dev/null && [ $tries -lt ${GRACE_TENTHS} ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "-$group" 2>/dev/null
fi
${tagged}
:`;
}
