import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { Document } from "./document.ts";
import { FileRefusal } from "./file-refusal.ts";
import { decodeText, encodeText } from "./text-encoding.ts";

const MAX_MEGABYTES = 10;
export const MAX_FILE_BYTES = MAX_MEGABYTES * 1024 * 1024;

export interface TextFile {
  /** The bytes on disk. */
  bytes: Uint8Array;
  document: Document;
}

/** Reads and decodes a text file. Refuses binary data, and what `checkReadable` refuses. */
export async function readTextFile(files: WorkspaceFiles, path: string): Promise<TextFile> {
  await checkReadable(files, path);
  const bytes = await files.read(path, { maxBytes: MAX_FILE_BYTES });
  const decoded = await decodeText(bytes);
  if (decoded === null) {
    throw FileRefusal.unfit(path, "It is a binary file, which this tool can neither show nor edit.");
  }
  return { bytes, document: new Document(decoded.text, decoded.encoding) };
}

/** Refuses pipes, devices and files that are too large. */
export async function checkReadable(files: WorkspaceFiles, path: string): Promise<void> {
  const status = await files.stat(path);
  if (status?.type === "other") throw FileRefusal.unfit(path, "It is not a regular file.");
  if (status !== null && status.size > MAX_FILE_BYTES) {
    const megabytes = (status.size / 1024 / 1024).toFixed(1);
    throw FileRefusal.unfit(path, `It has ${megabytes} MB; at most ${MAX_MEGABYTES} MB can be read.`);
  }
}

/** The bytes of an edited document, with a note for the model when they are not in its encoding. */
export interface EncodedDocument {
  bytes: Uint8Array;
  note: string;
}

/**
 * Encodes an edited document. When its encoding has no place for some character, all of it is written as UTF-8, and
 * refused when the encoding is a guess: characters that were read wrongly would be written for good.
 */
export async function encodeDocument(path: string, { raw, encoding }: Document): Promise<EncodedDocument> {
  const bytes = await encodeText(raw, encoding);
  if (bytes !== null) return { bytes, note: "" };
  const { name, isCertain } = encoding;
  if (!isCertain) {
    throw FileRefusal.unfit(
      path,
      `It was read as ${name}, which is a guess, and that encoding has no place for some character of the edit. ` +
        `Nothing was written. Convert the file first, for example with \`iconv -f GBK -t UTF-8\`.`,
    );
  }
  const note = `NOTE: ${name} has no place for some character of the edit, so the whole file was converted from ${name} to UTF-8. `;
  return { bytes: new TextEncoder().encode(raw), note };
}
