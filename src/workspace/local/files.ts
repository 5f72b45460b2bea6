import { constants, type Stats } from "node:fs";
import {
  access,
  type FileHandle,
  open,
  opendir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { makeFolder } from "./make-folder.ts";

type FileType = "file" | "directory" | "other";

export interface FileStatus {
  type: FileType;
  /** Bytes. */
  size: number;
}

export interface DirectoryEntry {
  name: string;
  /** Of what a symbolic link points to; "other" when it points to nothing. */
  type: FileType;
}

export interface DirectoryListing {
  /** Sorted by name. */
  entries: DirectoryEntry[];
  /** Whether the directory has more entries than were asked for. */
  truncated: boolean;
}

/** As many links as Linux follows before it gives up. */
const MAX_LINKS = 40;

/** Follows links. null when nothing is there; other failures are thrown as Node's own errors. */
export async function statFile(path: string): Promise<FileStatus | null> {
  try {
    const status = await stat(path);
    return { type: typeOf(status), size: status.size };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The bytes of a regular file. Pipes and devices are refused, as is a file of more than `maxBytes`. */
export async function readFile(path: string, maxBytes: number): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new Error(`${path} is not a regular file`);
    const bytes = await readBounded(file, status.size, maxBytes);
    if (bytes === null) throw new Error(`${path} has more than ${maxBytes} bytes`);
    return bytes;
  } finally {
    await file.close();
  }
}

/** `readFile` in base64. */
export async function readFileBase64(path: string, maxBytes: number): Promise<string> {
  const bytes = await readFile(path, maxBytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * Puts the file in place whole or not at all, by renaming a temporary file from the same directory over it.
 * Missing parents are made. A symbolic link stays one and its target is written; mode bits and, where allowed,
 * the owner are kept. `mode` is for new files, before the umask.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  const target = await followLinks(path);
  const existing = await statOrNull(target);
  // The rename needs no right to write to the file itself; a file marked read-only is still meant to be left alone.
  if (existing !== null) await access(target, constants.W_OK);
  await makeFolder(dirname(target));
  const temporary = join(dirname(target), `.${crypto.randomUUID()}.tmp`);
  try {
    await writeNew(temporary, { bytes, mode, existing });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function removeFile(path: string): Promise<void> {
  await rm(path);
}

/** With all that is in it. Nothing there is fine; a link is removed, not followed. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The text of a regular file. Refuses what is no UTF-8, as well as what `readFile` refuses. */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return decoder.decode(await readFile(path, maxBytes));
}

/** At most `limit` entries, so that a directory of millions costs no more than that. */
export async function listDirectory(path: string, limit: number): Promise<DirectoryListing> {
  const entries: DirectoryEntry[] = [];
  let truncated = false;
  for await (const entry of await opendir(path)) {
    truncated = entries.length >= limit;
    if (truncated) break;
    const type = entry.isSymbolicLink() ? await typeBehindLink(join(path, entry.name)) : typeOf(entry);
    entries.push({ name: entry.name, type });
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { entries, truncated };
}

interface FileKind {
  isFile(): boolean;
  isDirectory(): boolean;
}

function typeOf(entry: FileKind): FileType {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : "other";
}

async function typeBehindLink(path: string): Promise<FileType> {
  try {
    return typeOf(await stat(path));
  } catch {
    return "other";
  }
}

async function readBounded(file: FileHandle, size: number, maxBytes: number): Promise<Uint8Array | null> {
  // Files such as those in /proc say 0; one byte beyond the known end shows whether the file has grown.
  let buffer = new Uint8Array(Math.min(Math.max(size + 1, 4096), maxBytes + 1));
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (length > maxBytes) return null;
    if (bytesRead === 0) return buffer.subarray(0, length);
    if (length === buffer.length) {
      const grown = new Uint8Array(Math.min(buffer.length * 2, maxBytes + 1));
      grown.set(buffer);
      buffer = grown;
    }
  }
}

interface NewFile {
  bytes: Uint8Array;
  mode: number;
  existing: Stats | null;
}

async function writeNew(path: string, { bytes, mode, existing }: NewFile): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(bytes);
    if (existing === null) return;
    // Only root may give files away; for everybody else the file becomes theirs. Before chmod, which it would undo.
    await file.chown(existing.uid, existing.gid).catch(() => {});
    await file.chmod(existing.mode & 0o7777);
  } finally {
    await file.close();
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  return stat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
}

/** The path that writing to `path` would write to, also when the last link points to a file yet to be made. */
async function followLinks(path: string, depth = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error) || depth >= MAX_LINKS) throw error;
  }
  const link = await readlink(path).catch(() => null);
  return link === null ? resolve(path) : followLinks(resolve(dirname(path), link), depth + 1);
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ENOENT";
}
