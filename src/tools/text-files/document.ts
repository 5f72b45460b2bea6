import type { Encoding } from "./text-encoding.ts";

/** A part of a text: UTF-16 code units from `start` up to `end`, which is not in it. */
export interface TextRange {
  start: number;
  end: number;
}

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
    return this.replaceEach([{ start, end }], replacement);
  }

  /** Replaces several ranges of the text, which are in their order and apart, in one pass. */
  replaceEach(ranges: readonly TextRange[], replacement: string): Document {
    const pieces: string[] = [];
    let written = 0;
    let at = { text: 0, raw: 0 };
    for (const { start, end } of ranges) {
      const from = at.raw + this.#rawOffset(start - at.text, at.raw);
      const to = from + this.#rawOffset(end - start, from);
      pieces.push(this.raw.slice(written, from), this.#withLineEnds(replacement, from, to));
      written = to;
      at = { text: end, raw: to };
    }
    return new Document(pieces.join("") + this.raw.slice(written), this.encoding);
  }

  /** Puts another text in its place. What both begin and end with stays as it is on disk. */
  withText(text: string): Document {
    const start = commonLength(this.text, text, (index) => index);
    const shorter = Math.min(this.text.length, text.length);
    const ends = commonLength(this.text, text, (index, { length }) => length - 1 - index);
    const end = Math.min(ends, shorter - start);
    return this.replace(start, this.text.length - end, text.slice(start, text.length - end));
  }

  /** Gives a replacement the line ends of what it replaces. */
  #withLineEnds(replacement: string, from: number, to: number): string {
    const ends: readonly string[] = this.raw.slice(from, to).match(/\r?\n/g) ?? [];
    const others = ends.at(-1) ?? this.#lineEndNear(from);
    let index = 0;
    return replacement.replaceAll("\r\n", "\n").replaceAll("\n", () => ends[index++] ?? others);
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

/** Counts the characters that two texts have in common, taken in an order of their places. */
function commonLength(one: string, other: string, place: (index: number, text: string) => number): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && one[place(count, one)] === other[place(count, other)]) count++;
  return count;
}
