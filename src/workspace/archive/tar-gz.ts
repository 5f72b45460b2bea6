import { createGzip } from "node:zlib";
import type { TarHeader, TarPackController } from "modern-tar";
import { nameOf } from "../paths.ts";
import type { Workspace } from "../workspace.ts";
import type { Excludes } from "./exclude-pattern.ts";
import { isSensitiveGitFile } from "./git-internals.ts";
import { openFile } from "./open-file.ts";
import { transformed } from "./transformed.ts";
import { type WalkedEntry, type WalkOptions, walk } from "./walk.ts";

/** Content of an archive. */
export interface TarOptions {
  workspace: Workspace;
  /** Absolute real path of the folder. */
  folder: string;
  excludes: Excludes;
  /** The patterns of `excludes` as the manifest names them. */
  patterns: readonly string[];
}

/** Name of the file that says what was taken. */
const MANIFEST = "archive_manifest.json";

/**
 * Makes a gzipped tar of a folder while it is read: folders and regular files, without credentials of git. A file that
 * changes meanwhile has the size it had when it was opened, cut off or filled with zeros; one that cannot be read is
 * left out. Nothing is read before the first piece is asked for.
 */
export function tarGz(options: TarOptions): AsyncGenerator<Uint8Array, void, void> {
  return transformed(tar(options), createGzip());
}

/** Rejects when a folder is larger than an archive may be. */
export async function assertArchivable(options: TarOptions): Promise<void> {
  for await (const _ of walk(walkOf(options))) {
    // The walk itself knows the bounds.
  }
}

async function* tar(options: TarOptions): AsyncGenerator<Uint8Array, void, void> {
  const { createTarPacker } = await import("modern-tar");
  const { readable, controller } = createTarPacker();
  const feeding = feed(controller, options).then(
    () => controller.finalize(),
    (error: unknown) => controller.error(error),
  );
  try {
    yield* readable as AsyncIterable<Uint8Array>;
  } finally {
    await feeding.catch(() => {});
  }
}

async function feed(pack: TarPackController, options: TarOptions): Promise<void> {
  const root = nameOf(options.folder) || "root";
  let [count, bytes] = [0, 0];
  let hasManifest = false;
  for await (const entry of walk(walkOf(options))) {
    const name = [root, ...entry.parts].join("/");
    if (entry.isDirectory) {
      await addFolder(pack, name, entry, options.workspace);
      continue;
    }
    const size = await addFile(pack, name, entry, options.workspace);
    if (size === undefined) continue;
    count += 1;
    bytes += size;
    hasManifest ||= name === `${root}/${MANIFEST}`;
  }
  if (hasManifest) return;
  const manifest = {
    excludes: options.patterns,
    file_count: count,
    format: "tar.gz",
    source: root,
    total_bytes: bytes,
  };
  const text = new TextEncoder().encode(JSON.stringify(manifest, null, 2));
  await addEntry(pack, { name: `${root}/${MANIFEST}`, size: text.length, mode: 0o644, mtime: new Date(0) }, [
    text,
  ]);
}

async function addFolder(
  pack: TarPackController,
  name: string,
  { path }: WalkedEntry,
  { files }: Workspace,
): Promise<void> {
  const status = await files.stat(path).catch(() => null);
  if (status?.type !== "directory") return;
  const mtime = new Date(status.modifiedAt);
  const header = { name: `${name}/`, type: "directory", size: 0, mode: status.mode ?? 0o755, mtime } as const;
  await addEntry(pack, header, []);
}

/** The bytes that were added; undefined for a file that cannot be read. */
async function addFile(
  pack: TarPackController,
  name: string,
  { path }: WalkedEntry,
  { files }: Workspace,
): Promise<number | undefined> {
  const file = await openFile(files, path);
  if (file === undefined) return undefined;
  const { size, mode = 0o644, modifiedAt } = file.status;
  try {
    await addEntry(pack, { name, size, mode, mtime: new Date(modifiedAt) }, file.pieces);
    return size;
  } finally {
    await file.close();
  }
}

async function addEntry(
  pack: TarPackController,
  header: TarHeader,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const writer = pack.add(header).getWriter();
  // A failure reaches the caller by the write or the close that it fails.
  writer.closed.catch(() => {});
  for await (const piece of pieces) await writer.write(piece);
  await writer.close();
}

function walkOf({ workspace: { files }, folder, excludes }: TarOptions): WalkOptions {
  const above = folder.split("/").slice(1);
  return {
    files,
    top: folder,
    skips: (parts, isDirectory) =>
      excludes.has(parts, isDirectory) || isSensitiveGitFile([...above, ...parts]),
  };
}
