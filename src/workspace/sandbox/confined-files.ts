import { constants } from "node:fs";
import {
  access,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  unlink,
} from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve } from "node:path/posix";
import { codeOf, isMissing, toFileError } from "../local/file-error.ts";
import { listFolder, localFiles } from "../local/local-files.ts";
import { replaceFile } from "../local/write-file-atomic.ts";
import { isWithin } from "../place.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { DirectoryListing, FileContent, FileStatus, WorkspaceFiles } from "../workspace-files.ts";
import { pathOf, type Root, readOnly, type Step, Walk, type WalkOptions } from "./confined-path.ts";

/**
 * The files of this machine that lie in some folders. Every path is walked part by part through open handles, and the
 * file at its end is reached through its handle: no link and no exchange of one, whenever it happens, leads to another
 * file. Elsewhere is `permission_denied`. `name` stands for the folders in messages.
 */
export function confinedFiles(roots: readonly Root[], name = "sandbox"): WorkspaceFiles {
  const within = withRoots(roots, name);
  const stat = (path: string) => within(path, {}, ({ last }) => statusOf(last));
  return {
    stat,
    read: (path, options) => within(path, {}, ({ last }) => localFiles.read(existing(last), options)),
    readStream: (path, range) => within(path, {}, ({ last }) => localFiles.readStream(existing(last), range)),
    list: (path, options) => within(path, {}, ({ last }) => list(last, options, stat)),
    write: (path, content, { mode } = {}) =>
      within(path, { makeMode: 0o777 }, (walk) => write(walk, content, mode)),
    makeFolder: (path, { mode = 0o777 } = {}) =>
      within(path, { makeMode: mode }, (walk) => makeFolder(walk, mode)),
    move: (from, to) =>
      within(from, { followLast: false }, (source) =>
        within(to, { followLast: false }, (target) => move(source, target)),
      ),
    remove: (path, { recursive = false } = {}) =>
      within(path, { followLast: false }, (walk) => remove(walk, recursive)),
    realPath: (path) => realPathOf(roots, path),
    within: (folder) => filesWithin(folder, roots),
  };
}

/** The files of the roots in a folder. Names are resolved as in all of them. */
function filesWithin(folder: string, roots: readonly Root[]): WorkspaceFiles {
  const around = roots.filter(({ path }) => isWithin(path, folder));
  const innermost = around.toSorted((a, b) => b.path.length - a.path.length)[0];
  const inner = roots.filter(({ path }) => path !== folder && isWithin(folder, path));
  const own = innermost === undefined ? [] : [rootBelow(innermost, folder)];
  return { ...confinedFiles([...own, ...inner]), realPath: (path) => realPathOf(roots, path) };
}

function rootBelow({ path, source = path, isWritable }: Root, folder: string): Root {
  return { path: folder, source: join(source, relative(path, folder)), isWritable };
}

type Within = <T>(path: string, options: WalkOptions, action: (walk: Walk) => Promise<T>) => Promise<T>;

function withRoots(roots: readonly Root[], name: string): Within {
  return async (path, options, action) => {
    checkForm(path);
    try {
      await using walk = await Walk.along(roots, path, options);
      if (walk.last.root === null) throw outside(path, roots, name);
      return await action(walk);
    } catch (error) {
      throw named(toFileError(error, path), path);
    }
  };
}

function checkForm(path: string): void {
  const shown = path.replaceAll("\0", "\\0");
  if (path.includes("\0"))
    throw new WorkspaceError("invalid_path", `${shown}: the path holds a zero character`);
  if (!isAbsolute(path)) throw new WorkspaceError("invalid_path", `${shown}: is not an absolute path`);
}

function outside(path: string, roots: readonly Root[], name: string): WorkspaceError {
  const folders = roots.filter(({ isWritable }) => isWritable).map((root) => root.path);
  return new WorkspaceError(
    "permission_denied",
    `${path}: lies outside of the ${name}, whose folders are ${folders.join(", ")}`,
  );
}

/** Names the path of the caller in place of the path through a handle. */
function named(error: unknown, path: string): unknown {
  if (!WorkspaceError.is(error)) return error;
  const message = error.message.replace(/^\/proc\/self\/fd\/\d+(\/[^:]*)?/, path);
  return message === error.message ? error : new WorkspaceError(error.code, message, { cause: error });
}

/** The path through the handle of something that is there. */
function existing({ handle, path }: Step): string {
  if (handle === null) throw new WorkspaceError("not_found", `${path}: no such file or directory`);
  return pathOf(handle);
}

function statusOf({ handle }: Step): Promise<FileStatus | null> {
  return handle === null ? Promise.resolve(null) : localFiles.stat(pathOf(handle));
}

/** The type behind a link that leads out of the sandbox is not shown. */
function list(
  folder: Step,
  options: { limit?: number } | undefined,
  stat: (path: string) => Promise<FileStatus | null>,
): Promise<DirectoryListing> {
  const typeBehindLink = async (name: string) => {
    const status = await stat(`${folder.path}/${name}`).catch(() => null);
    return status?.type ?? "other";
  };
  return listFolder(existing(folder), { ...options, typeBehindLink });
}

/** The path of a name in its open folder, which may be changed. */
function changeable({ last, parent }: Walk): string {
  if (last.root?.isWritable !== true) throw readOnly(last.path);
  if (last.path === last.root.path)
    throw new WorkspaceError("permission_denied", `${last.path}: is a folder of the sandbox itself`);
  return `${existing(parent)}/${basename(last.path)}`;
}

async function write(walk: Walk, content: FileContent, mode: number | undefined): Promise<void> {
  const { handle } = walk.last;
  const status = await handle?.stat();
  if (status?.isDirectory()) throw new WorkspaceError("not_a_file", `${walk.last.path}: is a directory`);
  const target = changeable(walk);
  // The rename needs no right to write to the file itself, but a file marked read-only must stay as it is.
  if (handle !== null) await access(pathOf(handle), constants.W_OK);
  await replaceFile(target, { content, mode: mode ?? 0o666, existing: status ?? null });
}

async function makeFolder(walk: Walk, mode: number): Promise<void> {
  const status = await walk.last.handle?.stat();
  if (status?.isDirectory()) return;
  if (status !== undefined) throw notFolder(walk.last);
  const path = changeable(walk);
  await mkdir(path, mode).catch(async (error: unknown) => {
    // Another caller may have made it a moment ago.
    if (!(await lstat(path).catch(() => null))?.isDirectory()) throw error;
  });
}

function notFolder({ path }: Step): WorkspaceError {
  return new WorkspaceError("not_a_directory", `${path}: exists and is not a directory`);
}

async function move(source: Walk, target: Walk): Promise<void> {
  const from = changeable(source);
  existing(source.last);
  await rename(from, changeable(target));
}

async function remove(walk: Walk, recursive: boolean): Promise<void> {
  const { handle } = walk.last;
  if (handle === null) return;
  const path = changeable(walk);
  const status = await handle.stat();
  if (!status.isDirectory()) return removeName(path, unlink);
  if (!recursive) throw new WorkspaceError("not_a_file", `${walk.last.path}: is a directory`);
  await empty(handle);
  await removeName(path, rmdir);
}

/** Each level holds a descriptor: a folder deeper than this is left to commands of the sandbox. */
const MAX_LEVELS = 256;

/** Removes everything in an open folder. Folders below are opened by their names, without following a link. */
async function empty(folder: FileHandle, level = 0): Promise<void> {
  if (level > MAX_LEVELS) throw new WorkspaceError("invalid_path", `${pathOf(folder)}: lies too deep`);
  for (const name of await readdir(pathOf(folder), { encoding: "buffer" })) {
    const path = Buffer.concat([Buffer.from(`${pathOf(folder)}/`), name]);
    const isFolder = await unlink(path).then(
      () => false,
      (error: unknown) => codeOf(error) === "EISDIR" || rethrow(error),
    );
    if (isFolder) await removeFolder(path, level + 1);
  }
}

async function removeFolder(path: Buffer, level: number): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await empty(folder, level);
  } finally {
    await folder.close();
  }
  await rmdir(path);
}

function rethrow(error: unknown): false {
  if (isMissing(error)) return false;
  throw error;
}

async function removeName(path: string, action: (path: string) => Promise<void>): Promise<void> {
  await action(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** Paths outside, and those that cannot be walked, are not looked at: their parts are joined as they are. */
async function realPathOf(roots: readonly Root[], path: string): Promise<string> {
  checkForm(path);
  try {
    await using walk = await Walk.along(roots, path);
    return walk.last.path;
  } catch {
    return resolve(path);
  }
}
