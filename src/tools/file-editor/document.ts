import { type Encoding, encodeText } from "./text-encoding.ts";

/**
 * A text file as the model sees it, with `\n` at line ends, over the text as it is on disk. Edits are given in the
 * model's offsets and done on the disk's text: lines they do not touch keep their own ends, also in mixed files.
 */
export class Document {
  /** With `\n` at every line end. */
  readonly text: string;
  readonly encoding: Encoding;
  readonly #raw: string;

  constructor(raw: string, encoding: Encoding) {
    this.text = raw.replaceAll("\r\n", "\n");
    this.encoding = encoding;
    this.#raw = raw;
  }

  /** The document with `[start, end)` of its text replaced. */
  replace(start: number, end: number, replacement: string): Document {
    const offsets = this.#rawOffsets(start, end);
    const written = replacement.replaceAll("\r\n", "\n").replaceAll("\n", this.#lineEnd());
    const raw = this.#raw.slice(0, offsets.start) + written + this.#raw.slice(offsets.end);
    return new Document(raw, this.encoding);
  }

  toBytes(): Uint8Array {
    return encodeText(this.#raw, this.encoding);
  }

  #lineEnd(): string {
    const all = this.text.split("\n").length - 1;
    const carriageReturns = this.#raw.length - this.text.length;
    return carriageReturns * 2 > all ? "\r\n" : "\n";
  }

  /** Each `\r\n` before a place makes it one further on in the raw text. */
  #rawOffsets(start: number, end: number): { start: number; end: number } {
    if (this.#raw.length === this.text.length) return { start, end };
    const rawStart = skip(this.#raw, { from: 0, count: start });
    return { start: rawStart, end: skip(this.#raw, { from: rawStart, count: end - start }) };
  }
}

function skip(raw: string, { from, count }: { from: number; count: number }): number {
  let at = from;
  for (let left = count; left > 0; left--) at += raw.startsWith("\r\n", at) ? 2 : 1;
  return at;
}

/** Lines without their ends. A last line end closes the last line, it does not begin another. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
