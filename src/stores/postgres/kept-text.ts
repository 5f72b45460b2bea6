/**
 * Postgres keeps neither the character NUL nor halves of surrogate pairs, and JavaScript has texts with both. They, and
 * the characters of this form, are written as `MARK` and four of `DIGITS`. Neither occurs otherwise in a kept text, so
 * that a part of one text is kept as a part of the other, and searches find what they would find in the texts.
 */
const MARK = "\u{10fff0}";
/** Sixteen characters of the last private use area, which nothing uses. */
const FIRST_DIGIT = 0x10ffe0;
/** The high surrogate of the characters above. */
const HIGH = "\udbff";

const UNKEPT = /[\0\u{10ffe0}-\u{10fff0}\ud800-\udfff]/gu;
const KEPT = /\u{10fff0}([\u{10ffe0}-\u{10ffef}]{4})/gu;

/** Returns a text as Postgres keeps it, which is the same text nearly always. */
export function toKept(text: string): string {
  const isPlain = text.isWellFormed() && !text.includes("\0") && !text.includes(HIGH);
  return isPlain ? text : text.replace(UNKEPT, toDigits);
}

/** Returns a text that was kept. */
export function fromKept(text: string): string {
  return text.includes(MARK) ? text.replace(KEPT, (_, digits: string) => toCharacter(digits)) : text;
}

/** As `toKept`, where there may be no text. */
export function toKeptOrNull(text: string | null): string | null {
  return text === null ? null : toKept(text);
}

/** As `fromKept`, where there may be no text. */
export function fromKeptOrNull(text: string | null): string | null {
  return text === null ? null : fromKept(text);
}

function toDigits(character: string): string {
  const hex = ((character.codePointAt(0) ?? 0) & 0xffff).toString(16).padStart(4, "0");
  const digits = [...hex].map((digit) => String.fromCodePoint(FIRST_DIGIT + Number.parseInt(digit, 16)));
  return MARK + digits.join("");
}

/** The characters of this form end with other digits than surrogates and NUL. */
function toCharacter(digits: string): string {
  const hex = [...digits].map((digit) => ((digit.codePointAt(0) ?? 0) - FIRST_DIGIT).toString(16)).join("");
  const low = Number.parseInt(hex, 16);
  return low >= 0xffe0 ? String.fromCodePoint(0x100000 + low) : String.fromCharCode(low);
}
