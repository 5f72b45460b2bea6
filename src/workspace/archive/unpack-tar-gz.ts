import { createGunzip } from "node:zlib";
import type { ParsedTarEntry, TarHeader } from "modern-tar";
import { joinPath } from "../paths.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../workspace-error.ts";
import type { WorkspaceFiles } from "../workspace-files.ts";
import { transformed } from "./transformed.ts";

/** The reason why an archive was not unpacked. */
export type ArchiveFaultCode =
  /** It is not a gzipped tar, or ends too early. */
  | "invalid"
  /** A path leads out, a name stands twice, or an entry is a link or a device. */
  | "unsafe"
  /** It holds more than may be unpacked. */
  | "too_large"
  /** Nothing is left of it. */
  | "empty";

/** An archive that cannot be unpacked. */
export class ArchiveFault extends Error {
  override readonly name = "ArchiveFault";
  /** The reason. Branch on this. */
  readonly code: ArchiveFaultCode;

  constructor(code: ArchiveFaultCode, options: { cause?: unknown } = {}) {
    super(`the archive is ${code.replace("_", " ")}`, options);
    this.code = code;
  }
}

export interface UnpackOptions {
  files: WorkspaceFiles;
  /** Bytes of the archive. */
  source: AsyncIterable<Uint8Array>;
  /** Absolute path of an empty folder. */
  folder: string;
  /** Leading parts of paths to remove; what has no more parts is left out. */
  strip: number;
  /** Bytes of all files, and entries. */
  maxBytes: number;
  maxEntries: number;
}

/** Bytes of headers and padding for each entry, at most, in addition to its content. */
const OVERHEAD = 8 * 1024;
const MAX_PARTS = 64;

const UNSAFE: ReadonlySet<WorkspaceErrorCode> = new Set(["not_a_file", "not_a_directory", "invalid_path"]);

/**
 * Unpacks folders and regular files of a gzipped tar; files are read-only. Nothing else may be in it, and no path may
 * lead out of the folder. The caller removes what was unpacked before a fault.
 *
 * @throws ArchiveFault
 */
export async function unpackTarGz(options: UnpackOptions): Promise<void> {
  const { createTarDecoder } = await import("modern-tar");
  const { readable, writable } = createTarDecoder({ strict: true });
  const feeding = ReadableStream.from(bounded(options)).pipeTo(writable);
  feeding.catch(() => {});
  const taken = new Set<string>();
  try {
    let entries = 0;
    for await (const entry of readable as AsyncIterable<ParsedTarEntry>) {
      entries += 1;
      if (entries > options.maxEntries) throw new ArchiveFault("too_large");
      await unpackEntry(entry, options, taken);
    }
    await feeding;
  } catch (error) {
    throw faultOf(error);
  }
  if (taken.size === 0) throw new ArchiveFault("empty");
}

/** The unpacked bytes. More of them than the files may have is a bomb, whatever the headers say. */
async function* bounded({ source, maxBytes, maxEntries }: UnpackOptions): AsyncGenerator<Uint8Array> {
  const limit = maxBytes + maxEntries * OVERHEAD;
  let size = 0;
  for await (const piece of transformed(source, createGunzip())) {
    size += piece.byteLength;
    if (size > limit) throw new ArchiveFault("too_large");
    yield piece;
  }
}

async function unpackEntry(
  { header, body }: ParsedTarEntry,
  { files, folder, strip, maxBytes }: UnpackOptions,
  taken: Set<string>,
): Promise<void> {
  const parts = partsOf(header).slice(strip);
  if (parts.length === 0) return body.cancel();
  const path = parts.join("/");
  const isFolder = header.type === "directory";
  if (taken.has(path) || !(isFolder || header.type === "file")) throw new ArchiveFault("unsafe");
  if (header.size > maxBytes) throw new ArchiveFault("too_large");
  taken.add(path);
  const target = joinPath(folder, path);
  if (isFolder) {
    await body.cancel();
    await files.makeFolder(target);
  } else await files.write(target, body, { mode: (header.mode ?? 0o644) & 0o555 });
}

/** The parts of a path without those that mean nothing. */
function partsOf({ name }: TarHeader): string[] {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const isUnsafe = name.startsWith("/") || name.includes("\0") || parts.includes("..");
  if (isUnsafe || parts.length > MAX_PARTS) throw new ArchiveFault("unsafe");
  return parts;
}

/** The fault of an archive. A disk that cannot be written is not its fault. */
function faultOf(error: unknown): unknown {
  if (error instanceof ArchiveFault) return error;
  if (!WorkspaceError.is(error)) return new ArchiveFault("invalid", { cause: error });
  // A file stands where another entry needs a folder, or the other way round.
  return UNSAFE.has(error.code) ? new ArchiveFault("unsafe", { cause: error }) : error;
}
