/** Codes of control characters that begin, end or cancel sequences of a terminal. */
export const BEL = 0x07;
export const CAN = 0x18;
export const SUB = 0x1a;
export const ESC = 0x1b;
export const ST = 0x9c;

/** Introducers of one character (C1) by the second character of their two-character form. */
const C1 = { P: 0x90, X: 0x98, "[": 0x9b, "]": 0x9d, "^": 0x9e, _: 0x9f } as const;

type Introducer = keyof typeof C1;

export type SequenceKind = "csi" | "osc" | "string" | "escape" | "c1";

/**
 * Kind of the sequence that begins at an index, and the index after its introducer. null when that has not come yet.
 */
export function introducerAt(text: string, at: number): { kind: SequenceKind; end: number } | null {
  const code = text.charCodeAt(at);
  if (code !== ESC) {
    const second = (Object.keys(C1) as Introducer[]).find((key) => C1[key] === code);
    return { kind: second === undefined ? "c1" : kindOf(second), end: at + 1 };
  }
  const second = text[at + 1];
  if (second === undefined) return null;
  return second in C1 ? { kind: kindOf(second), end: at + 2 } : { kind: "escape", end: at + 1 };
}

function kindOf(second: string): SequenceKind {
  if (second === "[") return "csi";
  return second === "]" ? "osc" : "string";
}

/** Whether a character begins a sequence: ESC, or one of C1. */
export function isIntroducer(code: number): boolean {
  return code === ESC || (code >= 0x80 && code <= 0x9f);
}

/** Whether a character ends a string of a kind. BEL ends operating system commands only. */
export function endsString(code: number, kind: SequenceKind): boolean {
  return code === ESC || code === ST || code === CAN || code === SUB || (code === BEL && kind === "osc");
}

/** Whether a character may stand before the final byte of a CSI sequence. Control characters are executed there. */
export function isWithinCsi(code: number): boolean {
  return code < 0x40 ? code !== ESC && code !== CAN && code !== SUB : code === 0x7f;
}

export function isFinalOfCsi(code: number): boolean {
  return code >= 0x40 && code <= 0x7e;
}

/** Index of the first character from `at` on that passes the test; the length of the text when none does. */
export function indexWhere(text: string, at: number, test: (code: number) => boolean): number {
  let index = at;
  while (index < text.length && !test(text.charCodeAt(index))) index += 1;
  return index;
}
