import { bracketClass } from "./bracket-class.ts";

/** Matches nothing, not even the empty text. */
const NEVER = String.raw`[^\s\S]`;

/** More stars than this make a backtracking matcher slow. */
const MAX_STARS = 2;

/**
 * Compiles a glob of git, as `wildmatch` reads it with slashes apart, into a test of texts that have a character for
 * each byte. Takes linear time, however many stars the pattern has.
 */
export async function globPattern(glob: string): Promise<(text: string) => boolean> {
  const source = `^(?:${toRegExp(Buffer.from(glob).toString("latin1"))})$`;
  if ((glob.match(/\*+/g)?.length ?? 0) <= MAX_STARS) {
    const pattern = new RegExp(source);
    return (text) => pattern.test(text);
  }
  const { RE2JS } = await import("re2js");
  const pattern = RE2JS.compile(source);
  return (text) => pattern.matcher(text).matches();
}

/** Whether a part of a glob is malformed: git never matches it. */
export function neverMatches(part: string): boolean {
  return toRegExp(Buffer.from(part).toString("latin1")).includes(NEVER);
}

function toRegExp(glob: string): string {
  const parts = glob.split("/");
  return parts
    .map((part, index) => partSource(part, { first: index === 0, last: index === parts.length - 1 }))
    .join("");
}

/** The source of one part and of the slash after it. */
function partSource(part: string, { first, last }: { first: boolean; last: boolean }): string {
  if (!/^\*\*+$/.test(part)) return nameSource(part) + (last ? "" : "/");
  if (last) return first ? String.raw`[\s\S]*` : String.raw`[\s\S]+`;
  return "(?:[^/]+/)*";
}

function nameSource(part: string): string {
  let source = "";
  for (let at = 0; at < part.length; ) {
    const { text, length } = tokenAt(part, at);
    source += text;
    at += length;
  }
  return source;
}

function tokenAt(part: string, at: number): { text: string; length: number } {
  const character = part.charAt(at);
  switch (character) {
    case "*": {
      const [stars = "*"] = /^\*+/.exec(part.slice(at)) ?? [];
      return { text: "[^/]*", length: stars.length };
    }
    case "?":
      return { text: "[^/]", length: 1 };
    case "[":
      return bracketClass(part, at) ?? { text: NEVER, length: part.length };
    case "\\": {
      const escaped = part.charAt(at + 1);
      return escaped === "" ? { text: NEVER, length: 1 } : { text: literal(escaped), length: 2 };
    }
    default:
      return { text: literal(character), length: 1 };
  }
}

function literal(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
