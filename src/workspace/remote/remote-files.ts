import { shellQuote } from "../../shell-quote.ts";
import { isAbsolutePath, joinPath, parentOf } from "../paths.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type {
  ByteRange,
  DirectoryEntry,
  DirectoryListing,
  FileContent,
  FileStatus,
  FileType,
  ReadOptions,
  WorkspaceFiles,
  WriteOptions,
} from "../workspace-files.ts";
import * as scripts from "./file-scripts.ts";
import type { RemoteMachine } from "./remote-machine.ts";
import { openDownload } from "./server/open-download.ts";
import { lost } from "./server/remote-failure.ts";

const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;
const DEFAULT_LIMIT = 1000;

const TYPES: Readonly<Record<string, FileType>> = { f: "file", d: "directory" };

/** Bits of the type in a mode of `stat`. */
const TYPE_BITS = 0o170000;
const FILE_BITS = 0o100000;
const DIRECTORY_BITS = 0o040000;

/** A script for one path. */
interface Script {
  text: string;
  parameters?: readonly string[];
  /** Whether it may run twice. */
  repeatable?: boolean;
}

/** The files of the other machine: contents go through its file routes, all else through short scripts. */
export class RemoteFiles implements WorkspaceFiles {
  readonly #machine: RemoteMachine;

  constructor(machine: RemoteMachine) {
    this.#machine = machine;
  }

  async stat(path: string): Promise<FileStatus | null> {
    const text = await this.#script(path, { text: scripts.STAT, repeatable: true }).catch(
      (error: unknown) => {
        if (WorkspaceError.is(error) && error.code === "not_found") return null;
        throw error;
      },
    );
    return text === null ? null : this.#status(text);
  }

  async read(
    path: string,
    { maxBytes = DEFAULT_MAX_BYTES, offset = 0, length }: ReadOptions = {},
  ): Promise<Uint8Array> {
    const wanted = Math.min(length ?? Number.POSITIVE_INFINITY, maxBytes + 1);
    const stream = await this.readStream(path, { offset, length: wanted });
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (bytes.length > maxBytes)
      throw new WorkspaceError("too_large", `${path}: has more than ${maxBytes} bytes`);
    return bytes;
  }

  async readStream(path: string, range: ByteRange = {}): Promise<ReadableStream<Uint8Array>> {
    checkPath(path);
    const { server, remote } = this.#machine;
    const length = range.length !== undefined && Number.isFinite(range.length) ? range.length : undefined;
    const wanted = { offset: range.offset ?? 0, ...(length !== undefined && { length }) };
    const stream = await openDownload({ server, remote, path, range: wanted });
    if (stream !== null) return stream;
    await this.#script(path, { text: scripts.EXPLAIN, repeatable: true });
    throw lost(remote, `it does not give ${path}, which is a file there`);
  }

  async write(path: string, content: FileContent, { mode = 0o666 }: WriteOptions = {}): Promise<void> {
    const target = await this.#script(path, { text: scripts.BEFORE_WRITE, repeatable: true });
    if (!isAbsolutePath(target)) throw lost(this.#machine.remote, `it does not say where ${path} lies`);
    const temporary = joinPath(parentOf(target), `.${crypto.randomUUID()}.tmp`);
    let failure: { error: unknown } | undefined;
    const pieces = piecesOf(content, (error) => {
      failure = { error };
    });
    try {
      await this.#machine.server.upload(temporary, pieces);
      const parameters = [mode.toString(8), temporary];
      await this.#script(target, { text: scripts.AFTER_WRITE, parameters });
    } catch (error) {
      await this.#script(temporary, { text: scripts.REMOVE, repeatable: true }).catch(() => {});
      throw failure === undefined ? error : failure.error;
    }
  }

  async list(path: string, { limit = DEFAULT_LIMIT } = {}): Promise<DirectoryListing> {
    const script = { text: scripts.LIST, parameters: [String(limit + 1)], repeatable: true };
    const fields = (await this.#script(path, script)).split("\0");
    const entries: DirectoryEntry[] = [];
    for (let at = 0; at + 3 < fields.length; at += 3) {
      const [name = "", own, behind = ""] = fields.slice(at, at + 3);
      entries.push({ name, type: TYPES[behind] ?? "other", isLink: own === "l" });
    }
    const truncated = entries.length > limit;
    return { entries: entries.slice(0, limit).sort((a, b) => (a.name < b.name ? -1 : 1)), truncated };
  }

  async makeFolder(path: string, { mode = 0o777 } = {}): Promise<void> {
    await this.#script(path, { text: scripts.MAKE_FOLDER, parameters: [mode.toString(8)], repeatable: true });
  }

  async move(from: string, to: string): Promise<void> {
    checkPath(to);
    await this.#script(from, { text: scripts.MOVE, parameters: [to] });
  }

  async remove(path: string, { recursive = false } = {}): Promise<void> {
    await this.#script(path, { text: scripts.REMOVE, parameters: [String(recursive)], repeatable: true });
  }

  async realPath(path: string): Promise<string> {
    const real = (await this.#script(path, { text: scripts.REAL_PATH, repeatable: true })).replace(/\n$/, "");
    if (!isAbsolutePath(real)) throw lost(this.#machine.remote, `it does not say where ${path} lies`);
    return real;
  }

  /** Runs a script with the path as its first parameter and returns its output. */
  async #script(path: string, { text, parameters = [], repeatable = false }: Script): Promise<string> {
    checkPath(path);
    const words = [path, ...parameters].map(shellQuote).join(" ");
    const command = `export LC_ALL=C LANGUAGE=C\nset -- ${words}\n${text}`;
    const { exitCode, stdout, stderr } = await this.#machine.server.execute(command, { repeatable });
    if (exitCode === 0) return stdout;
    const code = scripts.FAILURES.find(([words]) => words.test(stderr))?.[1] ?? "unavailable";
    throw new WorkspaceError(code, `${path}: ${reasonIn(stderr, path)}`);
  }

  #status(text: string): FileStatus {
    const fields = /^([\da-f]+) (\d+) (\d+)(?: \S+ [\d:]+\.(\d{3}))?/.exec(text);
    if (fields === null) throw lost(this.#machine.remote, "its `stat` is not that of the GNU core utilities");
    const mode = Number.parseInt(fields[1] ?? "", 16);
    const bits = mode & TYPE_BITS;
    const type = bits === FILE_BITS ? "file" : bits === DIRECTORY_BITS ? "directory" : "other";
    const modifiedAt = Number(fields[3]) * 1000 + Number(fields[4] ?? 0);
    return { type, mode: mode & 0o777, size: Number(fields[2]), modifiedAt };
  }
}

function checkPath(path: string): void {
  const refuse = (reason: string) =>
    new WorkspaceError("invalid_path", `${path.replaceAll("\0", "\\0")}: ${reason}`);
  if (path.includes("\0")) throw refuse("the path holds a zero character");
  if (!isAbsolutePath(path)) throw refuse("is not an absolute path");
}

/** The last part of a message of a program: "mkdir: cannot create directory ‘/a’: File exists". */
function reasonIn(stderr: string, path: string): string {
  const line = stderr.trim().split("\n")[0] ?? "";
  const reason = line.slice(line.lastIndexOf(": ") + 1).trim();
  return reason === "" || reason === path ? "the machine gives no reason" : reason.slice(0, 500);
}

/** Notes an error of the content, which the request would hide. */
async function* piecesOf(
  content: FileContent,
  onError: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  if (typeof content === "string") return yield new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return yield content;
  try {
    yield* content;
  } catch (error) {
    onError(error);
    throw error;
  }
}
