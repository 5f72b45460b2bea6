import { type PathPatterns, pathPatterns } from "./path-patterns.ts";

/**
 * Patterns of one file that count, and what they may have: others take long to compare and are not what people write.
 */
const MAX_PATTERNS = 2_000;
const MAX_LENGTH = 1_024;
const MAX_STARS = 8;

/**
 * Reads a file of patterns such as `.gitignore`: a plain pattern names what is left out, a negated one what is kept.
 */
export function readIgnoreFile(text: string): Promise<PathPatterns> {
  const lines = text.split(/\r?\n/).map(withoutTrailingBlanks);
  return pathPatterns(lines.filter(isPattern).slice(0, MAX_PATTERNS));
}

/** A backslash keeps a blank at the end. */
function withoutTrailingBlanks(line: string): string {
  const bare = line.trimEnd();
  return bare.endsWith("\\") && bare.length < line.length ? `${bare} ` : bare;
}

function isPattern(line: string): boolean {
  if (line.startsWith("#") || /^!?\/*$/.test(line) || line.length > MAX_LENGTH) return false;
  return (line.match(/\*+/g)?.length ?? 0) <= MAX_STARS;
}
