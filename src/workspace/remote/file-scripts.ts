import type { WorkspaceErrorCode } from "../workspace-error.ts";

/** Words in the messages of the GNU programs, in the C locale. */
export const FAILURES: readonly [RegExp, WorkspaceErrorCode][] = [
  [/Too many levels of symbolic links|File name too long/, "invalid_path"],
  [/Not a directory|File exists/, "not_a_directory"],
  [/Is a directory|not a regular file|overwrite directory/, "not_a_file"],
  [/No such file or directory/, "not_found"],
  [/Permission denied|Operation not permitted|Read-only file system/, "permission_denied"],
  [/File too large/, "too_large"],
  [/No space left|Disk quota exceeded/, "no_space"],
];

/** Mode, size and time of $1, behind links. */
export const STAT = `stat -L -c '%f %s %Y %y' -- "$1"`;

/** Up to $2 names in the folder $1, each with its own type and the one behind a link. */
export const LIST = `
[ -d "$1" ] || { stat -L -- "$1" >/dev/null && echo 'Not a directory' >&2; exit 1; }
find "$1/" -mindepth 1 -maxdepth 1 -printf '%f\\0%y\\0%Y\\0' | head -z -n "$(($2 * 3))"`;

/** Says why the file $1 cannot be read. */
export const EXPLAIN = `
if [ -d "$1" ]; then echo 'Is a directory' >&2; exit 1; fi
if [ -e "$1" ] && [ ! -f "$1" ]; then echo 'is not a regular file' >&2; exit 1; fi
dd if="$1" of=/dev/null count=0`;

/** Permissions $2 less what the umask forbids, for new files and folders. */
const MODE = "$(printf '%o' $((0$2 & ~0$(umask))))";

/** Makes the folder $1 and those above it with the permissions $2. */
export const MAKE_FOLDER = `
umask "$(printf '%03o' $((0$(umask) | (0777 & ~0$2))))"
mkdir -p -- "$1"`;

export const MOVE = 'mv -fT -- "$1" "$2"';

/** Removes $1; a folder only if $2 is true. */
export const REMOVE = `
if [ -d "$1" ] && [ ! -L "$1" ] && [ "$2" != true ]; then echo 'Is a directory' >&2; exit 1; fi
rm -rf -- "$1"`;

export const REAL_PATH = 'realpath -m -- "$1"';

/** Makes the folder above $1 and prints the path that a write to $1 reaches. */
export const BEFORE_WRITE = `
if [ -L "$1" ] && [ ! -e "$1" ]; then
  link=$(readlink -m -- "$1"); mkdir -p -- "\${link%/*}/"
else
  mkdir -p -- "\${1%/*}/"
fi || exit 1
target=$(realpath -- "$1" && echo .) || exit 1
target=\${target%??}
if [ -d "$target" ]; then echo 'Is a directory' >&2; exit 1; fi
if [ -e "$target" ] && [ ! -w "$target" ]; then echo 'Permission denied' >&2; exit 1; fi
printf '%s' "$target"`;

/** Puts the file $3 in the place of $1; a new one gets the permissions $2. */
export const AFTER_WRITE = `
if [ -e "$1" ]; then chown --reference="$1" -- "$3" 2>/dev/null; chmod --reference="$1" -- "$3"
else chmod "${MODE}" -- "$3"; fi && mv -fT -- "$3" "$1" || { rm -f -- "$3"; exit 1; }`;
