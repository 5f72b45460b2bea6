import type { Encoding } from "./text-encoding.ts";

/**
 * A text file as the model sees it, with `\n` at line ends, over the text as it is on disk. Edits use offsets of the
 * model's text and change the text on disk, so that lines they do not touch keep their ends, also in mixed files.
 */
export class Document {
  /** The text with `\n` at every line end. */
  readonly text: string;
  /** The text with the line ends of the file. */
  readonly raw: string;
  readonly encoding: Encoding;

  constructor(raw: string, encoding: Encoding) {
    this.text = raw.replaceAll("\r\n", "\n");
    this.raw = raw;
    this.encoding = encoding;
  }

  /** Replaces `[start, end)` of the text. Line ends of the replaced part are kept in their order. */
  replace(start: number, end: number, replacement: string): Document {
    const from = this.#rawOffset(start);
    const to = from + this.#rawOffset(end - start, from);
    const ends: readonly string[] = this.raw.slice(from, to).match(/\r?\n/g) ?? [];
    const others = ends.at(-1) ?? this.#lineEndNear(from);
    let index = 0;
    const written = replacement.replaceAll("\r\n", "\n").replaceAll("\n", () => ends[index++] ?? others);
    return new Document(this.raw.slice(0, from) + written + this.raw.slice(to), this.encoding);
  }

  /** The line end before a place, or the one after it in the first line. */
  #lineEndNear(rawOffset: number): string {
    const before = rawOffset === 0 ? -1 : this.raw.lastIndexOf("\n", rawOffset - 1);
    const at = before === -1 ? this.raw.indexOf("\n") : before;
    return this.raw[at - 1] === "\r" ? "\r\n" : "\n";
  }

  /** Number of characters on disk for a number of characters of the text, from a place on disk on. */
  #rawOffset(count: number, from = 0): number {
    if (this.raw.length === this.text.length) return count;
    let at = from;
    for (let left = count; left > 0; left--) at += this.raw.startsWith("\r\n", at) ? 2 : 1;
    return at - from;
  }
}

/** Splits a text into lines without their ends. A line end at the end of the text begins no other line. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Finds the line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
