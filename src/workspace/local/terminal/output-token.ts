/** A part of a terminal's output that the emulator may see. */
export interface OutputToken {
  text: string;
  /** Cost for the emulator: about one for each character, and about one for each microsecond of a sequence. */
  work: number;
  /** True for a full reset. */
  isReset?: boolean;
}

/** Maximum value of parameters that name modes and colours rather than count. */
const MAX_NUMBER = 65_535;

const BASE_WORK = 8;
const RESET_WORK = 1024;
const SCREEN_SWITCH_WORK = 512;
const SCREEN_FILL_WORK = 128;
/** For each row that is inserted, removed or scrolled. */
const SCROLL_WORK = 16;
/** For sequences that touch each row, such as those of columns. */
const COLUMN_WORK = 512;

/** Final bytes whose parameters are not counts. */
const UNCOUNTED = "hlmpqcn";
/** Final bytes that insert, remove and scroll rows, one at a time. */
const SCROLLING = "LMST";

/** Private modes that replace or clear the screen. */
const SCREEN_MODES: ReadonlySet<number> = new Set([3, 47, 1047, 1049]);

const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const DELETE = 0x7f;

/** Makes the token of a CSI sequence with its counts clamped to the screen. `body` stands before the final byte. */
export function boundedCsi(
  body: string,
  final: string,
  { columns, rows }: { columns: number; rows: number },
): OutputToken {
  const { controls, text, numbers, hasIntermediates } = readParameters(body);
  const limit = UNCOUNTED.includes(final) ? MAX_NUMBER : SCROLLING.includes(final) ? rows : columns;
  const clamp = (number: number) => Math.min(number, limit);
  const bounded = numbers.every((number) => number <= limit)
    ? text
    : text.replaceAll(/\d+/g, (digits) => String(clamp(Number(digits))));
  const work = hasIntermediates ? COLUMN_WORK : workOf(numbers.map(clamp), final);
  // Control characters within a sequence are executed before it.
  return { text: `${controls}\x1b[${bounded}${final}`, work: work + controls.length };
}

/** Makes the token of an escape sequence. `body` is everything after ESC. */
export function escapeToken(body: string): OutputToken {
  const text = `\x1b${body}`;
  if (body === "c") return { text, work: RESET_WORK, isReset: true };
  return { text, work: body === "#8" ? SCREEN_FILL_WORK : BASE_WORK };
}

interface Parameters {
  /** Control characters, which are not part of the sequence. */
  controls: string;
  text: string;
  numbers: number[];
  hasIntermediates: boolean;
}

/** Reads parameters character by character: output with colours has thousands of sequences. */
function readParameters(body: string): Parameters {
  const parameters: Parameters = { controls: "", text: "", numbers: [], hasIntermediates: false };
  let number: number | null = null;
  for (let index = 0; index < body.length; index += 1) {
    const code = body.charCodeAt(index);
    if (code < SPACE || code === DELETE) {
      parameters.controls += body.charAt(index);
      continue;
    }
    parameters.text += body.charAt(index);
    parameters.hasIntermediates ||= code < ZERO;
    const isDigit = code >= ZERO && code <= NINE;
    if (isDigit) number = (number ?? 0) * 10 + code - ZERO;
    else if (number !== null) parameters.numbers.push(number);
    if (!isDigit) number = null;
  }
  if (number !== null) parameters.numbers.push(number);
  return parameters;
}

function workOf(numbers: readonly number[], final: string): number {
  const count = Math.max(1, ...numbers);
  if (SCROLLING.includes(final)) return BASE_WORK + SCROLL_WORK * count;
  if (final === "h" || final === "l") {
    return BASE_WORK + SCREEN_SWITCH_WORK * numbers.filter((mode) => SCREEN_MODES.has(mode)).length;
  }
  if (final === "J") return SCREEN_FILL_WORK;
  return UNCOUNTED.includes(final) ? BASE_WORK : BASE_WORK + count;
}
