import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";

/** Bytes that are read at once. A line of more is looked at in parts. */
const PIECE = 1024 * 1024;
/** Bytes at the beginning that show whether a file is text, as git has it. */
const SAMPLE = 8_000;
/** Bytes of a file in UTF-16 that are looked at. */
const MAX_UTF_16 = 10 * PIECE;

const LINE_FEED = 0x0a;

/** Yields the text of a file in UTF-8, in pieces of whole lines. Nothing for one that is binary or cannot be read. */
export async function* textPieces(
  path: string,
  files: WorkspaceFiles,
): AsyncGenerator<Uint8Array, void, void> {
  const read = (offset: number, length: number) =>
    files.read(path, { offset, length, maxBytes: length }).catch(() => new Uint8Array(0));
  const first = await read(0, PIECE);
  const utf16 = markOf(first);
  if (utf16 !== undefined) {
    const whole = first.length < PIECE ? first : await read(0, MAX_UTF_16);
    return yield new TextEncoder().encode(new TextDecoder(utf16).decode(whole));
  }
  if (first.subarray(0, SAMPLE).includes(0)) return;
  let offset = 0;
  for (let piece = first; piece.length > 0; piece = await read(offset, PIECE)) {
    const end = piece.length < PIECE ? piece.length : piece.lastIndexOf(LINE_FEED) + 1 || piece.length;
    yield piece.subarray(0, end);
    offset += end;
    if (piece.length < PIECE) return;
  }
}

function markOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}
