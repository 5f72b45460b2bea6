/** The variable that every process of a command has in its environment, with the id of the command. */
export const COMMAND_VARIABLE = "AGENT_COMMAND";

/**
 * The first process of a container. It ends, and the container with it, when the server has not changed a file for some
 * turns: a server that was killed leaves no container for ever. Parameters: the file, seconds of a turn, turns.
 */
export const KEEPER = `
last= turns=0
while [ "$turns" -lt "$3" ]; do
  sleep "$2"
  now=
  { read -r now <"$1"; } 2>/dev/null
  if [ "$now" = "$last" ]; then turns=$((turns + 1)); else turns=0 last=$now; fi
done
`;

const PREPARE = `
[ -r "$1" ] || exit 143
. "$1"
shift
cd -- "$1" || exit 126
shift
ulimit -c 0
if [ -n "$1" ]; then ulimit -f "$1"; fi
if [ -n "$2" ]; then ulimit -t "$2"; fi
shift 2
`;

/**
 * Starts a program, and stays until the program and whatever holds its outputs have ended: the engine ends the outputs
 * with the first process. Signals are for the program. Parameters: the file with the environment, which is also the
 * permit to start; the folder; blocks of a file and seconds of processor time, or nothing; the program and its
 * arguments.
 */
export const LAUNCHER = `${PREPARE}
trap : TERM HUP
exec 3>&1 4>&2
code=$({
  {
    { trap : TERM HUP; "$@" 3>&- 4>&- 5>&- 6>&-; echo "$?" >&5; } 2>&6 6>&- |
      (trap '' TERM HUP; exec cat >&3 3>&- 4>&- 5>&- 6>&-)
  } 6>&1 | (trap '' TERM HUP; exec cat >&4 3>&- 4>&- 5>&-)
} 5>&1)
exit "\${code:-143}"
`;

/** The same for a program on a terminal. */
export const TERMINAL_LAUNCHER = `${PREPARE}
trap : TERM HUP
"$@"
exit "$?"
`;

const FIELDS = `
fields() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${line##*) }
  state=$1 group=$3 session=$4 foreground=$6
}
`;

/**
 * Ends every process of a command: those with its id in their environment, and those in a session with one of them.
 * Exits with 1 when some are left. Parameters: the variable, and tenths of a second between the polite signals and
 * SIGKILL.
 */
export const KILLER = `${FIELDS}
sessions=" "
find_sessions() {
  for file in $(grep -lF -- "$1" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/} pid=\${pid%/environ}
    fields "$pid" || continue
    [ "$state" = Z ] && continue
    case $sessions in *" $session "*) ;; *) sessions="$sessions$session " ;; esac
    members="$members $pid"
  done
}
find_members() {
  members=
  find_sessions "$1"
  for file in /proc/[0-9]*/stat; do
    pid=\${file#/proc/} pid=\${pid%/stat}
    fields "$pid" || continue
    [ "$state" = Z ] && continue
    case $sessions in *" $session "*) members="$members $pid" ;; esac
  done
}
find_members "$1"
for signal in TERM HUP CONT; do [ -z "$members" ] || kill -s "$signal" $members 2>/dev/null; done
turn=0
while [ "$turn" -lt "$2" ]; do
  find_members "$1"
  [ -z "$members" ] && exit 0
  sleep 0.1
  turn=$((turn + 1))
done
turn=0
while [ "$turn" -lt 30 ]; do
  find_members "$1"
  [ -z "$members" ] && exit 0
  kill -s KILL $members 2>/dev/null
  sleep 0.1
  turn=$((turn + 1))
done
exit 1
`;

/**
 * Signals the foreground of a shell's terminal, unless that is the shell. Parameters: the shell, the signal, 1 for the
 * shell itself.
 */
export const SIGNALLER = `${FIELDS}
if [ "$3" = 1 ]; then kill -s "$2" "$1"; exit; fi
fields "$1" || exit 1
if [ "$foreground" -gt 0 ] && [ "$foreground" != "$group" ]; then
  kill -s "$2" -- "-$foreground"
  kill -s CONT -- "-$foreground" 2>/dev/null
fi
`;
