import { stripVTControlCharacters } from "node:util";

/**
 * Control characters but tab and line end, and the marks that turn the direction of a text around: with them, a text
 * could write over what was printed before, or look other than it is.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The start of an escape sequence that may go on in the next piece. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OPEN_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b]*\u001b?|)$/;
/** Characters of a sequence that is waited for. */
const MAX_SEQUENCE = 4_096;

/** Returns the text without anything that a terminal would obey. */
export function safeText(text: string): string {
  return stripVTControlCharacters(text.replaceAll("\r\n", "\n")).replaceAll(CONTROLS, "");
}

/** Returns the text as one line of at most `length` characters. */
export function safeLine(text: string, length: number): string {
  // More than is shown, because sequences and spaces go.
  const line = safeText(text.slice(0, length * 8))
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** Makes the pieces of one text safe. A sequence may be split over several of them. */
export class SafePieces {
  #open = "";

  /** The part of the text that is safe to print now. */
  push(piece: string): string {
    const text = this.#open + piece;
    const start = OPEN_SEQUENCE.exec(text.slice(-MAX_SEQUENCE));
    const end = start === null ? text.length : Math.max(0, text.length - MAX_SEQUENCE) + start.index;
    this.#open = text.slice(end);
    return safeText(text.slice(0, end));
  }
}
