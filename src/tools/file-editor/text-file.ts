import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { Document } from "./document.ts";
import { EditorRefusal } from "./editor-refusal.ts";
import { decodeText } from "./text-encoding.ts";

const MAX_MEGABYTES = 10;
export const MAX_FILE_BYTES = MAX_MEGABYTES * 1024 * 1024;

export interface TextFile {
  /** As on disk. */
  bytes: Uint8Array;
  document: Document;
}

/** Refuses binary data, and what `checkReadable` refuses. */
export async function readTextFile(files: WorkspaceFiles, path: string): Promise<TextFile> {
  await checkReadable(files, path);
  const bytes = await files.read(path, { maxBytes: MAX_FILE_BYTES });
  const decoded = decodeText(bytes);
  if (decoded === null) {
    throw EditorRefusal.unfit(path, "It is a binary file, which this tool can neither show nor edit.");
  }
  return { bytes, document: new Document(decoded.text, decoded.encoding) };
}

/** Refuses pipes, devices and files that are too large. */
export async function checkReadable(files: WorkspaceFiles, path: string): Promise<void> {
  const status = await files.stat(path);
  if (status?.type === "other") throw EditorRefusal.unfit(path, "It is not a regular file.");
  if (status !== null && status.size > MAX_FILE_BYTES) {
    const megabytes = (status.size / 1024 / 1024).toFixed(1);
    throw EditorRefusal.unfit(path, `It has ${megabytes} MB; at most ${MAX_MEGABYTES} MB can be read.`);
  }
}
