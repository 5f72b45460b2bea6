/**
 * A fault in JSON text. The errors of `JSON.parse` do not serve: half of them name no position, and they quote the
 * text, which may hold a key.
 */
export interface JsonFault {
  /** Index of the character, from 0. */
  position: number;
  /** In the words of the reference's parser. */
  error: string;
}

const SPACE_CODE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/** Maximum nesting. No client sends more, and code that walks the value later cannot overflow the stack. */
const MAX_DEPTH = 200;
/** Maximum number of values. Each may be invalid, and describing a fault costs far more than reading a value. */
const MAX_VALUES = 100_000;

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\n\r]*/y;

/** Finds the first fault in text that `JSON.parse` refused. */
export function findJsonFault(text: string): JsonFault {
  const closers: string[] = [];
  let position = skip(SPACE, text, 0);
  for (;;) {
    const end = endOfFirstValue(text, position, closers);
    if (typeof end !== "number") return end;
    const next = afterValue(text, end, closers);
    if (typeof next !== "number") return next;
    position = next;
  }
}

/** Enters objects and lists that open here. Returns the index after the first scalar or empty object or list. */
function endOfFirstValue(text: string, from: number, closers: string[]): number | JsonFault {
  let position = from;
  for (;;) {
    const opener = text[position];
    if (opener !== "{" && opener !== "[") return endOfScalar(text, position);
    const closer = opener === "{" ? "}" : "]";
    position = skip(SPACE, text, position + 1);
    if (text[position] === closer) return position + 1;
    closers.push(closer);
    if (opener === "[") continue;
    const value = afterKey(text, position);
    if (typeof value !== "number") return value;
    position = value;
  }
}

/** Moves from the end of a value to the start of the next one, and closes the objects and lists that end in between. */
function afterValue(text: string, end: number, closers: string[]): number | JsonFault {
  let position = skip(SPACE, text, end);
  while (closers.length > 0 && text[position] === closers.at(-1)) {
    closers.pop();
    position = skip(SPACE, text, position + 1);
  }
  const closer = closers.at(-1);
  if (closer === undefined) return { position, error: "Extra data" };
  if (text[position] !== ",") return { position, error: "Expecting ',' delimiter" };
  position = skip(SPACE, text, position + 1);
  return closer === "}" ? afterKey(text, position) : position;
}

/** Moves from a key of an object to the start of its value. */
function afterKey(text: string, start: number): number | JsonFault {
  if (text[start] !== '"')
    return { position: start, error: "Expecting property name enclosed in double quotes" };
  const end = endOfScalar(text, start);
  if (typeof end !== "number") return end;
  const colon = skip(SPACE, text, end);
  if (text[colon] !== ":") return { position: colon, error: "Expecting ':' delimiter" };
  return skip(SPACE, text, colon + 1);
}

function endOfScalar(text: string, start: number): number | JsonFault {
  if (text[start] === '"') return endOfString(text, start);
  const end = skip(SCALAR, text, start);
  return end > start ? end : { position: start, error: "Expecting value" };
}

/** Steps through the characters: a pattern with a choice for each of them would overflow the stack on long strings. */
function endOfString(text: string, start: number): number | JsonFault {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    if (code < SPACE_CODE) return { position: index, error: "Invalid control character at" };
    if (code !== BACKSLASH) continue;
    if (skip(ESCAPE, text, index) === index) return { position: index, error: "Invalid \\escape" };
    index += 1;
  }
  return { position: start, error: "Unterminated string starting at" };
}

/** Returns the end of the match at `start`, or `start` without a match. */
function skip(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

/**
 * Finds where JSON text, malformed or not, exceeds the limits on nesting and values. Brackets and commas inside strings
 * do not count.
 */
export function findExcess(text: string): JsonFault | undefined {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      values += 1;
      if (depth > MAX_DEPTH) return { position: index, error: "Nested too deeply" };
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    else if (code === COMMA) {
      values += 1;
      if (values > MAX_VALUES) return { position: index, error: "Too many values" };
    }
  }
  return undefined;
}
