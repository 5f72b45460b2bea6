import {
  CAN,
  ESC,
  endsString,
  indexWhere,
  introducerAt,
  isFinalOfCsi,
  isIntroducer,
  isWithinCsi,
  type SequenceKind,
  SUB,
} from "./control-codes.ts";
import { boundedCsi, escapeToken, type OutputToken } from "./output-token.ts";

export interface SequenceFilterOptions {
  columns: number;
  rows: number;
  /** Beginning of the operating system commands that pass. All others are dropped. */
  commandPrefix: string;
}

/** Maximum number of characters between the introducer and the final byte of a CSI sequence. */
const MAX_PARAMETERS = 256;
/** Maximum number of characters of an operating system command that passes. */
const MAX_COMMAND = 16 * 1024;
/** Maximum number of characters between ESC and its final byte. */
const MAX_INTERMEDIATES = 8;

const COMMAND_WORK = 64;
const C1_WORK = 8;

/** The part of a text that a sequence takes. `end` is null when the rest of the sequence has not come. */
interface Taken {
  end: number | null;
  token?: OutputToken;
  /** Kind of a sequence that is dropped up to its end, wherever that is. */
  drop?: SequenceKind;
}

/**
 * Keeps from the emulator what would keep it busy: counts beyond the screen, endless parameters, and the strings of
 * titles, images and the like, which leave no text. A sequence may be split over pieces of output.
 */
export class SequenceFilter {
  readonly #options: SequenceFilterOptions;
  /** Beginning of a sequence whose rest has not come. */
  #held = "";
  /** Kind of the sequence that is being dropped. */
  #dropping: SequenceKind | null = null;
  /** Whether nothing passed since the last full reset, so that another would change nothing. */
  #isReset = false;

  constructor(options: SequenceFilterOptions) {
    this.#options = options;
  }

  /** Reads output and yields what may pass. */
  *read(output: string): Generator<OutputToken> {
    const text = this.#held + output;
    this.#held = "";
    let at = 0;
    while (at < text.length) {
      if (this.#dropping !== null) {
        at = this.#skip(text, at, this.#dropping);
        continue;
      }
      const start = indexWhere(text, at, isIntroducer);
      if (start > at) yield this.#passed({ text: text.slice(at, start), work: start - at });
      if (start === text.length) return;
      const { end, token, drop } = this.#take(text, start);
      if (end === null) {
        this.#held = text.slice(start);
        return;
      }
      if (token !== undefined && !(token.isReset && this.#isReset)) yield this.#passed(token);
      this.#dropping = drop ?? null;
      at = end;
    }
  }

  #passed(token: OutputToken): OutputToken {
    this.#isReset = token.isReset ?? false;
    return token;
  }

  #skip(text: string, at: number, kind: SequenceKind): number {
    const isEnd =
      kind === "csi" ? (code: number) => !isWithinCsi(code) : (code: number) => endsString(code, kind);
    const end = indexWhere(text, at, isEnd);
    if (end < text.length) this.#dropping = null;
    return afterEnd(text, end);
  }

  #take(text: string, at: number): Taken {
    const introducer = introducerAt(text, at);
    if (introducer === null) return { end: null };
    const { kind, end } = introducer;
    switch (kind) {
      case "csi":
        return this.#takeCsi(text, end);
      case "osc":
        return this.#takeCommand(text, end);
      case "string":
        return { end, drop: kind };
      case "escape":
        return takeEscape(text, at);
      case "c1":
        return { end, token: { text: text.slice(at, end), work: C1_WORK } };
    }
  }

  #takeCsi(text: string, start: number): Taken {
    const end = indexWhere(text, start, (code) => !isWithinCsi(code));
    if (end - start > MAX_PARAMETERS) return { end, drop: "csi" };
    if (end === text.length) return { end: null };
    // Another character cancels the sequence.
    if (!isFinalOfCsi(text.charCodeAt(end))) return { end: afterEnd(text, end) };
    return { end: end + 1, token: boundedCsi(text.slice(start, end), text.charAt(end), this.#options) };
  }

  #takeCommand(text: string, start: number): Taken {
    const { commandPrefix } = this.#options;
    const end = indexWhere(text, start, (code) => endsString(code, "osc"));
    const begin = text.slice(start, Math.min(end, start + commandPrefix.length));
    const mayPass = commandPrefix.startsWith(begin) && end - start <= MAX_COMMAND;
    if (!mayPass) return { end: start, drop: "osc" };
    if (end === text.length) return { end: null };
    const isCancelled = text.charCodeAt(end) === CAN || text.charCodeAt(end) === SUB;
    if (isCancelled || begin.length < commandPrefix.length) return { end: afterEnd(text, end) };
    return {
      end: afterEnd(text, end),
      token: { text: `\x1b]${text.slice(start, end)}\x07`, work: COMMAND_WORK },
    };
  }
}

function takeEscape(text: string, at: number): Taken {
  const final = indexWhere(text, at + 1, (code) => code < 0x20 || code > 0x2f);
  if (final - at > MAX_INTERMEDIATES) return { end: final };
  if (final === text.length) return { end: null };
  const code = text.charCodeAt(final);
  const isFinal = code >= 0x30 && code <= 0x7e;
  return isFinal ? { end: final + 1, token: escapeToken(text.slice(at + 1, final + 1)) } : { end: final };
}

/** ESC ends a sequence and begins the next; every other end belongs to the sequence. */
function afterEnd(text: string, end: number): number {
  return text.charCodeAt(end) === ESC ? end : Math.min(end + 1, text.length);
}
