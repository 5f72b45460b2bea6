import type { Argv, Workspace } from "../../workspace/workspace.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { type FileQuery, type FoundFiles, MAX_PATHS, OUT_OF_TIME, type SearchLimits } from "./file-query.ts";
import { Newest } from "./newest.ts";

/** Paths of which the newest are found. */
const MAX_PRINTED = 5_000;
const TOO_MANY = `more than ${MAX_PRINTED} files match, and these are not the newest of all`;
/** Questions to the machine at once. */
const AT_ONCE = 20;
/** Bytes of a path. Longer ones are none that a machine can have. */
const MAX_PATH = 64 * 1024;
/** Characters of an error that a refusal repeats. */
const MAX_ECHO = 500;

/**
 * Searches by `rg`, with its rules for what is ignored. undefined where the machine does not have it, or one that does
 * not understand the call.
 *
 * @throws FileRefusal for an expression or a glob that it refuses.
 */
export async function searchByRipgrep(
  query: FileQuery,
  workspace: Workspace,
  limits: SearchLimits,
): Promise<FoundFiles | undefined> {
  const { signal, deadline } = limits;
  const printed = await printedPaths(query, workspace, limits);
  if (printed === undefined) return undefined;
  const newest = new Newest(MAX_PATHS);
  for (let from = 0; from < printed.paths.length; from += AT_ONCE) {
    signal.throwIfAborted();
    if (deadline.aborted && from >= MAX_PATHS) break;
    await Promise.all(
      printed.paths.slice(from, from + AT_ONCE).map(async (path) => {
        const status = await workspace.files.stat(path).catch(() => null);
        if (status !== null) newest.add(path, status.modifiedAt);
      }),
    );
  }
  const stopped = deadline.aborted ? OUT_OF_TIME : printed.stopped;
  return { paths: newest.paths(), isCut: newest.isCut, stopped };
}

interface PrintedPaths {
  paths: readonly string[];
  stopped: string | undefined;
}

async function printedPaths(
  query: FileQuery,
  workspace: Workspace,
  { signal, deadline }: SearchLimits,
): Promise<PrintedPaths | undefined> {
  const enough = new AbortController();
  const reader = new PathReader(query.folder);
  const paths: string[] = [];
  const result = await workspace.run(commandFor(query), {
    cwd: query.folder,
    signal: AbortSignal.any([signal, deadline, enough.signal]),
    onOutput({ stream, bytes }) {
      if (stream !== "stdout" || enough.signal.aborted) return;
      paths.push(...reader.read(bytes).filter((path) => isShown(path, query)));
      if (paths.length > MAX_PRINTED || !reader.isSound) enough.abort();
    },
  });
  signal.throwIfAborted();
  if (!reader.isSound) return undefined;
  if (enough.signal.aborted) return { paths: paths.slice(0, MAX_PRINTED), stopped: TOO_MANY };
  const isWhole = result.exitCode === 0 || result.exitCode === 1;
  if (isWhole || paths.length > 0 || result.outcome !== "exited") return { paths, stopped: undefined };
  const fault = faultIn(result.stderr);
  if (fault !== undefined) throw new FileRefusal(fault);
  return undefined;
}

/** The names are those of `folder`: globs with a slash start where the program does. */
function commandFor({ globs, text }: FileQuery): Argv {
  const shared = ["--no-config", "--no-messages", "--color=never", "--null"];
  const names = globs.map((glob) => `--glob=${glob}`);
  if (text === null) return ["rg", "--files", ...shared, ...names, "--", "."];
  const lines = text.includes("\\n") ? ["--multiline"] : [];
  const search = ["--files-with-matches", "--ignore-case", ...lines, `--regexp=${literalBraces(text)}`];
  return ["rg", ...search, ...shared, ...names, "--", "."];
}

/**
 * Escapes braces that repeat nothing, such as in `if (x) {`: only this engine refuses them, and models write them.
 * Those of `\p{…}` and `\x{…}` stay.
 */
function literalBraces(pattern: string): string {
  return pattern.replace(
    /\\[pPxu]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|\{/gs,
    (token) => (token === "{" ? "\\{" : token),
  );
}

/** Leaves out what lies in a hidden folder, where it was not asked for. */
function isShown(path: string, { folder, skipsHiddenFolders }: FileQuery): boolean {
  if (!skipsHiddenFolders) return true;
  const parts = path.slice(folder.length).split("/").slice(0, -1);
  return !parts.some((part) => part.startsWith("."));
}

/** Reads the paths that the program prints, each with a zero byte behind it. */
class PathReader {
  readonly #folder: string;
  #rest = Buffer.alloc(0);

  constructor(folder: string) {
    this.#folder = folder === "/" ? "" : folder;
  }

  /** False once the program has printed something that cannot be a path. */
  get isSound(): boolean {
    return this.#rest.length <= MAX_PATH;
  }

  read(bytes: Uint8Array): string[] {
    const text = Buffer.concat([this.#rest, bytes]);
    const end = text.lastIndexOf(0);
    this.#rest = Buffer.from(text.subarray(end + 1));
    if (end === -1) return [];
    const names = text.subarray(0, end).toString("utf8").split("\0");
    return names.map((name) => `${this.#folder}/${name.replace(/^\.\//, "")}`);
  }
}

/** The words of the program about the call of a model; undefined where they are about something else. */
function faultIn(stderr: string): string | undefined {
  const isPattern =
    /regex parse error|not allowed in a regex|Compiled regex exceeds|regex could not be compiled/i;
  const words = stderr.trim().slice(0, MAX_ECHO);
  if (isPattern.test(stderr)) return `Invalid regex pattern: ${words}`;
  return /error parsing glob/.test(stderr) ? `Invalid file pattern: ${words}` : undefined;
}
