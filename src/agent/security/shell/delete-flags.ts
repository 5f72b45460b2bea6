import type { Invocation } from "./command.ts";
import { MAX_NESTING } from "./executed-source.ts";
import { expansionOf } from "./expansion.ts";
import { matchesGlob } from "./glob.ts";
import type { Word } from "./word.ts";

/** The spellings of the options that a pattern of file names may happen to match. */
const SPELLINGS: readonly (readonly [string, string])[] = [
  ["-r", "r"],
  ["-R", "R"],
  ["-f", "f"],
  ["-rf", "rf"],
  ["-fr", "rf"],
  ["-Rf", "Rf"],
  ["-fR", "Rf"],
  ["--recursive", "r"],
  ["--force", "f"],
];

type Flags = Set<string>;

/** Whether words hold both the recursive and the force flag of `rm`, in any spelling and order. */
export function deletesByForce({ words }: Invocation): boolean {
  return isByForce(plainFlags(options(words)));
}

/** Whether words may become both flags once the shell has expanded patterns and braces. */
export function mayDeleteByForce({ words }: Invocation): boolean {
  const before = options(words);
  const flags = plainFlags(before);
  for (const word of before) {
    if (word.literal === null || !word.mayMultiply) continue;
    for (const flag of expandedFlags(word.literal, word.text)) flags.add(flag);
  }
  return isByForce(flags);
}

/** The words before `--`. */
function options(words: readonly Word[]): readonly Word[] {
  const end = words.findIndex(({ literal }) => literal === "--");
  return end < 0 ? words : words.slice(0, end);
}

function isByForce(flags: Flags): boolean {
  return (flags.has("r") || flags.has("R")) && flags.has("f");
}

function plainFlags(words: readonly Word[]): Flags {
  const flags: Flags = new Set();
  for (const { literal } of words) {
    if (literal === "--recursive") flags.add("r");
    else if (literal === "--force") flags.add("f");
    else if (literal !== null && /^-[^-]/.test(literal)) addAll(flags, literal.slice(1));
  }
  return flags;
}

function addAll(flags: Flags, letters: Iterable<string>): void {
  for (const letter of letters) flags.add(letter);
}

function deleteLetters(text: string): string[] {
  return text.match(/[rRf]/g) ?? [];
}

function expandedFlags(literal: string, text: string): Iterable<string> {
  const { isPattern, isBraced } = expansionOf(text);
  const braces = braceFlags(literal);
  const isDashed = literal.startsWith("-");
  const canBeOption = isDashed || (isPattern && patternCanBeOption(text)) || (isBraced && braces.canBeOption);
  if (isPattern && canBeOption) return patternFlags(literal);
  if (isDashed) return deleteLetters(literal);
  return isBraced ? braces.flags : [];
}

/** Whether the first character of a pattern, behind its quotes, may stand for a dash. */
function patternCanBeOption(text: string): boolean {
  const opening = /^(?:""|'')*(["'])?/.exec(text);
  const first = text.charAt(opening?.[0].length ?? 0);
  if (opening?.[1] !== undefined) return first === "-";
  if (first === "\\" && text.length > 1) return text.charAt((opening?.[0].length ?? 0) + 1) === "-";
  return first !== "" && "-*?[".includes(first);
}

function patternFlags(pattern: string): Iterable<string> {
  if (pattern.startsWith("-") || pattern.includes("[^") || pattern.includes("[[:")) return "rRf";
  return SPELLINGS.filter(([option]) => matchesGlob(option, pattern)).flatMap(([, flags]) => [...flags]);
}

interface BraceFlags {
  canBeOption: boolean;
  flags: readonly string[];
}

const NO_FLAGS: BraceFlags = { canBeOption: false, flags: [] };

/** The flags that a word which begins with a brace may expand to. */
function braceFlags(literal: string, depth = 0): BraceFlags {
  if (!literal.startsWith("{")) return NO_FLAGS;
  if (depth >= MAX_NESTING) return { canBeOption: literal.includes("-"), flags: deleteLetters(literal) };
  const end = endOfBrace(literal);
  if (end < 0) return NO_FLAGS;
  const rest = literal.slice(end + 1);
  const all = alternatives(literal.slice(1, end)).map((part) => wordFlags(part + rest, depth + 1));
  return { canBeOption: all.some((one) => one.canBeOption), flags: all.flatMap((one) => one.flags) };
}

function wordFlags(literal: string, depth: number): BraceFlags {
  return literal.startsWith("-")
    ? { canBeOption: true, flags: deleteLetters(literal) }
    : braceFlags(literal, depth);
}

/** Position of the brace that closes the first one; -1 without. */
function endOfBrace(literal: string): number {
  let open = 0;
  for (let index = 0; index < literal.length; index += 1) {
    if (literal.charAt(index) === "{") open += 1;
    if (literal.charAt(index) === "}") open -= 1;
    if (open === 0) return index;
  }
  return -1;
}

/** Splits at the commas that are in no inner brace. */
function alternatives(text: string): string[] {
  const parts = [""];
  let open = 0;
  for (const character of text) {
    if (character === "{") open += 1;
    if (character === "}") open -= 1;
    if (character === "," && open === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
