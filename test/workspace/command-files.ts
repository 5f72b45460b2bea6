import type { RunOptions, RunResult } from "../../src/workspace/workspace.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../../src/workspace/workspace-error.ts";
import type {
  ByteRange,
  DirectoryEntry,
  FileContent,
  FileType,
  ReadOptions,
  WorkspaceFiles,
  WriteOptions,
} from "../../src/workspace/workspace-files.ts";

/** Runs a script of bash with parameters. */
export type RunScript = (
  script: string,
  parameters: readonly string[],
  options?: RunOptions,
) => Promise<RunResult>;

/** Words of the messages of GNU programs in the C locale. */
const FAILURES: readonly [RegExp, WorkspaceErrorCode][] = [
  [/Too many levels of symbolic links/, "invalid_path"],
  [/Not a directory|File exists/, "not_a_directory"],
  [/Is a directory|not a regular file/, "not_a_file"],
  [/No such file or directory/, "not_found"],
  [/Permission denied/, "permission_denied"],
  [/No space left/, "no_space"],
];

const TYPES: Readonly<Record<string, FileType>> = { f: "file", d: "directory" };

const OPEN = `
  if [ -d "$1" ]; then echo "Is a directory" >&2; exit 1; fi
  if [ -e "$1" ] && [ ! -f "$1" ]; then echo "not a regular file" >&2; exit 1; fi
  exec <"$1" || exit 1
  tail -c "+$2" | head -c "$3"`;

const WRITE = `
  mkdir -p -- "$(dirname -- "$1")" && target=$(realpath -- "$1") || exit 1
  if [ -d "$target" ]; then echo "Is a directory" >&2; exit 1; fi
  temporary=$(dirname -- "$target")/$3
  trap 'rm -f -- "$temporary"' EXIT
  trap 'exit 1' TERM
  cat >"$temporary" || exit 1
  if [ -e "$target" ]; then chmod --reference="$target" -- "$temporary"
  else chmod "$(printf '%o' $((0$2 & ~$(umask))))" -- "$temporary"; fi
  mv -fT -- "$temporary" "$target"`;

const REMOVE = `
  if [ -d "$1" ] && [ ! -L "$1" ] && [ "$2" = false ]; then echo "Is a directory" >&2; exit 1; fi
  rm -rf -- "$1"`;

/** Files that are reached through commands alone, as on a machine that offers nothing else. */
export function commandFiles(runScript: RunScript): WorkspaceFiles {
  const sh = async (script: string, path: string, ...parameters: string[]): Promise<string> => {
    check(path);
    const result = await runScript(script, [path, ...parameters]);
    if (result.exitCode !== 0) throw failure(path, result);
    return result.stdout;
  };
  const readStream = (path: string, range: ByteRange = {}) => openStream(runScript, path, range);
  return {
    async stat(path) {
      const text = await sh('stat -L -c "%F/%s/%Y" -- "$1"', path).catch((error: unknown) => {
        if (WorkspaceError.is(error) && error.code === "not_found") return null;
        throw error;
      });
      if (text === null) return null;
      const [kind = "", size, seconds] = text.trim().split("/");
      const type = kind.startsWith("regular") ? "file" : kind === "directory" ? "directory" : "other";
      return { type, size: Number(size), modifiedAt: Number(seconds) * 1000 };
    },
    async read(path, { maxBytes = 10 * 1024 * 1024, ...range }: ReadOptions = {}) {
      const length = Math.min(range.length ?? Number.POSITIVE_INFINITY, maxBytes + 1);
      const bytes = await new Response(await readStream(path, { ...range, length })).bytes();
      if (bytes.length > maxBytes) throw new WorkspaceError("too_large", `${path}: too large`);
      return bytes;
    },
    readStream,
    write: (path, content, options) => write(runScript, { path, content, options }),
    async list(path, { limit = 1000 } = {}) {
      const text = await sh('cd -- "$1" && find . -mindepth 1 -maxdepth 1 -printf "%f\\0%y\\0%Y\\0"', path);
      const fields = text.split("\0");
      const entries: DirectoryEntry[] = [];
      for (let at = 0; at + 2 < fields.length; at += 3) {
        const [name = "", own, behind = ""] = fields.slice(at, at + 3);
        entries.push({ name, type: TYPES[behind] ?? "other", isLink: own === "l" });
      }
      entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { entries: entries.slice(0, limit), truncated: entries.length > limit };
    },
    makeFolder: async (path) => void (await sh('mkdir -p -- "$1"', path)),
    move: async (from, to) => void (await sh('mv -fT -- "$1" "$2"', from, to)),
    remove: async (path, { recursive = false } = {}) => void (await sh(REMOVE, path, String(recursive))),
    realPath: async (path) => (await sh('realpath -m -- "$1"', path)).replace(/\n$/, ""),
  };
}

function check(path: string): void {
  if (!path.startsWith("/") || path.includes("\0"))
    throw new WorkspaceError("invalid_path", `${path}: no path`);
}

function failure(path: string, { stderr }: RunResult): WorkspaceError {
  const code = FAILURES.find(([words]) => words.test(stderr))?.[1] ?? "unavailable";
  return new WorkspaceError(code, `${path}: ${stderr.trim()}`);
}

/** Resolves at the first output: from then on the program holds the file open. */
async function openStream(
  runScript: RunScript,
  path: string,
  { offset = 0, length = Number.MAX_SAFE_INTEGER }: ByteRange,
): Promise<ReadableStream<Uint8Array>> {
  check(path);
  const controller = new AbortController();
  const first = Promise.withResolvers<void>();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const parameters = [path, String(offset + 1), String(Math.min(length, Number.MAX_SAFE_INTEGER))];
  runScript(OPEN, parameters, {
    signal: controller.signal,
    maxBytes: 10_000,
    async onOutput({ stream, bytes }) {
      if (stream === "stderr") return;
      first.resolve();
      await writer.write(bytes);
    },
  }).then(
    (result) => (result.exitCode === 0 ? writer.close() : first.reject(failure(path, result))),
    () => controller.abort(),
  );
  writer.closed.then(first.resolve, () => controller.abort());
  await Promise.race([first.promise, writer.ready.then(() => first.promise)]);
  return readable;
}

async function write(
  runScript: RunScript,
  { path, content, options = {} }: { path: string; content: FileContent; options?: WriteOptions | undefined },
): Promise<void> {
  check(path);
  const controller = new AbortController();
  let reason: { error: unknown } | undefined;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      if (typeof content === "string") yield new TextEncoder().encode(content);
      else if (content instanceof Uint8Array) yield content;
      else yield* content;
    } catch (error) {
      reason = { error };
      controller.abort();
      // An end of the input would complete the file.
      await new Promise(() => {});
    }
  }
  const mode = (options.mode ?? 0o666).toString(8);
  const result = await runScript(WRITE, [path, mode, `.${crypto.randomUUID()}.tmp`], {
    stdin: pieces(),
    signal: controller.signal,
  });
  if (reason !== undefined) throw reason.error;
  if (result.exitCode !== 0) throw failure(path, result);
}
