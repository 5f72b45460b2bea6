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
    const start = commonStart(this.text, text);
    const shorter = Math.min(this.text.length, text.length);
    const end = Math.min(commonEnd(this.text, text), shorter - start);
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

/** Characters that are compared at once. */
const BLOCK = 4_096;

/** Counts the characters that two texts begin with. */
function commonStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at + BLOCK <= most && one.startsWith(other.slice(at, at + BLOCK), at)) at += BLOCK;
  while (at < most && one[at] === other[at]) at++;
  return at;
}

/** Counts the characters that two texts end with. */
function commonEnd(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  const block = (text: string) => text.slice(text.length - count - BLOCK, text.length - count);
  while (count + BLOCK <= most && block(one) === block(other)) count += BLOCK;
  while (count < most && one[one.length - count - 1] === other[other.length - count - 1]) count++;
  return count;
}
