import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../is-object.ts";

const RISK_TYPOS = ["security_rort", "securtiy_risk", "security_riks"];

export type ToolArguments = Record<string, unknown>;

/**
 * Parses the arguments of a call. Models write raw line breaks into strings, misspell `security_risk`, send null for
 * arguments they leave out and nothing for tools without parameters; all of these are accepted. Throws SyntaxError
 * when the text is not JSON.
 */
export function parseToolArguments(raw: string): ToolArguments {
  if (raw.trim() === "") return {};
  const parsed = parseLenientJson(raw);
  if (!isObject(parsed)) return {};
  return withoutNulls(withRiskSpelled(parsed));
}

/**
 * Writes arguments as JSON. The model's own text is kept where it means the same: providers find its bytes in their
 * caches, and numbers keep all their digits.
 */
export function toArgumentsText(args: ToolArguments, raw: string): string {
  return isSame(args, raw) ? raw : JSON.stringify(args);
}

function isSame(args: ToolArguments, raw: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(raw), args);
  } catch {
    return false;
  }
}

/** Parses JSON whose strings may hold raw control characters. Throws SyntaxError. */
export function parseLenientJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return JSON.parse(escapeControlCharacters(raw));
  }
}

/** Escapes control characters inside strings. Between tokens they are legal white space and stay. */
function escapeControlCharacters(raw: string): string {
  let result = "";
  let inString = false;
  let escaped = false;
  for (const character of raw) {
    const isControl = character < " ";
    result += inString && isControl ? JSON.stringify(character).slice(1, -1) : character;
    if (character === '"' && !escaped) inString = !inString;
    escaped = inString && character === "\\" && !escaped;
  }
  return result;
}

function withRiskSpelled(args: ToolArguments): ToolArguments {
  const entries = Object.entries(args).map(([key, value]) => [
    RISK_TYPOS.includes(key) && !("security_risk" in args) ? "security_risk" : key,
    value,
  ]);
  return Object.fromEntries(entries);
}

function withoutNulls(args: ToolArguments): ToolArguments {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}
