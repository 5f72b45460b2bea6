import { neverMatches } from "../../../workspace/archive/glob-pattern.ts";
import { FileRefusal } from "../../text-files/file-refusal.ts";
import { expandBraces } from "./expand-braces.ts";
import { pathPatterns } from "./path-patterns.ts";

/** Longest pattern, in UTF-16 code units. */
const MAX_LENGTH = 1_024;

/**
 * Reads a pattern of file names, as `rg --glob` does, into globs without braces. None for one that leaves nothing out.
 * What git keeps in `.git` is found only by a pattern that says so.
 *
 * @throws FileRefusal for a pattern that is too long or not well formed.
 */
export function readGlobs(pattern: string): readonly string[] {
  if (pattern.length > MAX_LENGTH) throw invalid(pattern, `is longer than ${MAX_LENGTH} characters`);
  const globs = expandBraces(pattern);
  if (globs === undefined)
    throw invalid(pattern, "has braces that do not close, or that stand for too many names");
  const cleaned = globs.map((glob) => glob.replace(/^(!?)(?:\.\/)+/, "$1"));
  if (cleaned.some(isEverything)) return [];
  const broken = cleaned.flatMap((glob) => glob.split("/")).find(neverMatches);
  if (broken !== undefined) throw invalid(pattern, `has a part that is not well formed: '${broken}'`);
  const isAboutGit = cleaned.some((glob) => glob.includes(".git"));
  return isAboutGit ? cleaned : [...cleaned, "!.git"];
}

/** A pattern of stars alone. Taken at its word it would show what is ignored and hidden, too. */
function isEverything(glob: string): boolean {
  return /^[*/]*$/.test(glob);
}

function invalid(pattern: string, fault: string): FileRefusal {
  const shown = pattern.length > 100 ? `${pattern.slice(0, 100)}…` : pattern;
  return new FileRefusal(`Invalid file pattern: '${shown}' ${fault}`);
}

/** The verdict of globs on a path: `found` and `left out` go before all other rules, `open` leaves it to them. */
export type GlobVerdict = "found" | "left out" | "open";

export interface NameGlobs {
  /** Parts of the path, from the searched folder on. */
  verdict(parts: readonly string[], isFolder: boolean): GlobVerdict;
}

/** Makes a test of globs, of which the last that matches decides. */
export async function nameGlobs(globs: readonly string[]): Promise<NameGlobs> {
  const patterns = await pathPatterns(globs);
  const isChoice = globs.some((glob) => !glob.startsWith("!"));
  return {
    verdict(parts, isFolder) {
      const last = patterns.last(parts, isFolder);
      if (last !== undefined) return last === "plain" ? "found" : "left out";
      return isChoice && !isFolder ? "left out" : "open";
    },
  };
}
