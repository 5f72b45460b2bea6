import { constants, type Stats } from "node:fs";
import { type FileHandle, open, opendir, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { WorkspaceError } from "../workspace-error.ts";
import type {
  ByteRange,
  DirectoryListing,
  FileStatus,
  FileType,
  ReadOptions,
  WorkspaceFiles,
} from "../workspace-files.ts";
import { toFileError } from "./file-error.ts";
import { makeFolder } from "./make-folder.ts";
import { statOrNull, writeFileAtomic } from "./write-file-atomic.ts";

const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;
const DEFAULT_LIMIT = 1000;

/** Links of one path that lead to nothing and are followed, as many as Linux follows. */
const MAX_LINKS = 40;

/** Bytes of one piece of a stream, where its reader brings no buffer. */
const PIECE = 64 * 1024;

/** The files of this machine. */
export const localFiles: WorkspaceFiles = {
  stat: (path) => attempt(path, () => statusOf(path)),
  read: (path, options = {}) => attempt(path, () => read(path, options)),
  readStream: (path, range = {}) => attempt(path, () => readStream(path, range)),
  write: (path, content, options = {}) => attempt(path, () => writeFileAtomic(path, content, options.mode)),
  list: (path, options = {}) => attempt(path, () => listFolder(path, options)),
  makeFolder: (path, options = {}) => attempt(path, () => makeFolder(path, options.mode)),
  move: (from, to) => attempt(from, () => rename(from, to)),
  remove: (path, { recursive = false } = {}) => attempt(path, () => rm(path, { recursive, force: true })),
  realPath: (path) => attempt(path, () => realPathOf(path)),
};

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  const refuse = (reason: string) =>
    new WorkspaceError("invalid_path", `${path.replaceAll("\0", "\\0")}: ${reason}`);
  if (path.includes("\0")) throw refuse("the path holds a zero character");
  if (!isAbsolute(path)) throw refuse("is not an absolute path");
  try {
    return await action();
  } catch (error) {
    throw toFileError(error, path);
  }
}

async function statusOf(path: string): Promise<FileStatus | null> {
  const status = await statOrNull(path);
  if (status === null) return null;
  const { size, mode, mtimeMs } = status;
  return { type: typeOf(status), mode: mode & 0o777, size, modifiedAt: mtimeMs };
}

async function read(path: string, options: ReadOptions): Promise<Uint8Array> {
  const { file, size } = await openRegular(path);
  try {
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const bytes = await readBounded(file, { ...options, size, maxBytes });
    if (bytes === null) throw new WorkspaceError("too_large", `${path}: has more than ${maxBytes} bytes`);
    return bytes;
  } finally {
    await file.close();
  }
}

async function openRegular(path: string): Promise<{ file: FileHandle; size: number }> {
  // Without O_NONBLOCK, opening a pipe that has no writer would never return.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (status.isFile()) return { file, size: status.size };
    throw new WorkspaceError("not_a_file", `${path}: is not a regular file`);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** null when there are more than `maxBytes`. */
async function readBounded(
  file: FileHandle,
  {
    size,
    maxBytes,
    offset = 0,
    length = Number.POSITIVE_INFINITY,
  }: ByteRange & { size: number; maxBytes: number },
): Promise<Uint8Array | null> {
  const limit = Math.min(length, maxBytes + 1);
  // Files such as those in /proc have size 0; one byte beyond the end shows whether the file has grown.
  let buffer = new Uint8Array(Math.min(Math.max(size - offset + 1, 4096), limit));
  let total = 0;
  while (total < limit) {
    const { bytesRead } = await file.read(buffer, total, buffer.length - total, offset + total);
    total += bytesRead;
    if (bytesRead === 0) break;
    if (total < buffer.length) continue;
    const grown = new Uint8Array(Math.min(buffer.length * 2, limit));
    grown.set(buffer);
    buffer = grown;
  }
  return total > maxBytes ? null : buffer.subarray(0, total);
}

async function readStream(
  path: string,
  { offset = 0, length = Number.POSITIVE_INFINITY }: ByteRange,
): Promise<ReadableStream<Uint8Array>> {
  const { file } = await openRegular(path);
  let position = offset;
  const end = offset + length;
  // A stream of bytes: who sends a file on reads all of it into the same memory.
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: PIECE,
    async pull(controller) {
      const request = controller.byobRequest;
      if (request === null || request.view === null) return;
      const buffer = new Uint8Array(request.view.buffer, request.view.byteOffset, request.view.byteLength);
      const length = Math.min(buffer.length, end - position);
      const { bytesRead } = await file.read(buffer, 0, length, position).catch(async (error: unknown) => {
        await file.close();
        throw toFileError(error, path);
      });
      position += bytesRead;
      if (bytesRead > 0) request.respond(bytesRead);
      if (bytesRead > 0 && position < end) return;
      // Now rather than when the end is asked for, which a reader that knows the length may never do.
      await file.close();
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => file.close(),
  });
}

export interface ListOptions {
  /** Default: 1,000 entries. */
  limit?: number;
  /** Finds the type behind a link of the folder. Default: wherever it leads on this machine. */
  typeBehindLink?(name: string): Promise<FileType>;
}

/** Looks at `limit` entries at most, so that a folder of millions costs no more than that. Fails as Node does. */
export async function listFolder(
  path: string,
  { limit = DEFAULT_LIMIT, typeBehindLink = (name) => typeAt(join(path, name)) }: ListOptions = {},
): Promise<DirectoryListing> {
  const listing: DirectoryListing = { entries: [], truncated: false };
  for await (const entry of await opendir(path)) {
    listing.truncated = listing.entries.length >= limit;
    if (listing.truncated) break;
    const isLink = entry.isSymbolicLink();
    const type = isLink ? await typeBehindLink(entry.name) : typeOf(entry);
    listing.entries.push({ name: entry.name, type, isLink });
  }
  listing.entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return listing;
}

function typeOf(entry: Pick<Stats, "isFile" | "isDirectory">): FileType {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : "other";
}

async function typeAt(path: string): Promise<FileType> {
  return stat(path).then(typeOf, () => "other" as const);
}

/** A link to nothing is followed, too: what is made there lies where the link leads. */
async function realPathOf(path: string, budget = { links: MAX_LINKS }): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    if (parent === path) return path;
    const folder = await realPathOf(parent, budget);
    const name = join(folder, basename(path));
    const target = await readlink(name).catch(() => undefined);
    if (target === undefined || budget.links === 0) return name;
    budget.links -= 1;
    return realPathOf(isAbsolute(target) ? target : `${folder}/${target}`, budget);
  }
}
