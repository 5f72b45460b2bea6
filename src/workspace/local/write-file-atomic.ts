import { constants, type Stats } from "node:fs";
import { access, type FileHandle, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { FileContent } from "../workspace-files.ts";
import { isMissing } from "./file-error.ts";
import { makeFolder } from "./make-folder.ts";

/** Number of links that Linux follows before it fails. */
const MAX_LINKS = 40;

/** Bytes that are written at once, about. */
const BATCH = 256 * 1024;

/**
 * Writes a file whole or not at all, by renaming a temporary file of the same folder over it. Keeps a symbolic link,
 * the mode bits and, where allowed, the owner. Makes missing folders. `mode` is for new files, before the umask.
 */
export async function writeFileAtomic(path: string, content: FileContent, mode = 0o666): Promise<void> {
  const target = await followLinks(path);
  const existing = await statOrNull(target);
  // The rename needs no right to write to the file itself, but a file marked read-only must stay as it is.
  if (existing !== null) await access(target, constants.W_OK);
  await makeFolder(dirname(target));
  await replaceFile(target, { content, mode, existing });
}

/** Renames a new file over `target`, whose folder exists. No link at `target` is followed. */
export async function replaceFile(target: string, file: NewFile): Promise<void> {
  const temporary = join(dirname(target), `.${crypto.randomUUID()}.tmp`);
  try {
    await writeNew(temporary, file);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Follows links. null when there is nothing at the path. */
export async function statOrNull(path: string): Promise<Stats | null> {
  return stat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
}

export interface NewFile {
  content: FileContent;
  /** Permissions before the umask, where nothing is replaced. */
  mode: number;
  /** The file that is replaced; the new one keeps its permissions and owner. */
  existing: Stats | null;
}

async function writeNew(path: string, { content, mode, existing }: NewFile): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await writeContent(file, content);
    if (existing === null) return;
    // Only root may give files away; anyone else becomes the owner. Before chmod, because chown resets mode bits.
    await file.chown(existing.uid, existing.gid).catch(() => {});
    await file.chmod(existing.mode & 0o7777);
  } finally {
    await file.close();
  }
}

/**
 * Writes content to an open file. Small pieces are put together, and the next ones are taken while those before are
 * written; two batches at most are in memory.
 */
async function writeContent(file: FileHandle, content: FileContent): Promise<void> {
  if (typeof content === "string" || content instanceof Uint8Array) return file.writeFile(content);
  let batch: Uint8Array[] = [];
  let size = 0;
  let writing: Promise<void> = Promise.resolve();
  const flush = async () => {
    await writing;
    writing = writeAll(file, batch);
    // A failure is passed on by the next flush.
    writing.catch(() => {});
    batch = [];
    size = 0;
  };
  try {
    for await (const piece of content) {
      batch.push(piece);
      size += piece.length;
      if (size >= BATCH) await flush();
    }
    if (size > 0) await flush();
  } finally {
    // The file is not closed under a write.
    await writing.catch(() => {});
  }
  await writing;
}

/** A write may take a part of what it is given. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await file.writev([...pieces]);
  if (bytesWritten < total) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
}

/** Finds the path that a write to `path` reaches, also when the last link points to a file that does not exist yet. */
async function followLinks(path: string, depth = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error) || depth >= MAX_LINKS) throw error;
  }
  const link = await readlink(path).catch(() => null);
  return link === null ? resolve(path) : followLinks(resolve(dirname(path), link), depth + 1);
}
