import { globPattern } from "../../../workspace/archive/glob-pattern.ts";

/** Patterns in the form of `.gitignore`. */
export interface PathPatterns {
  /**
   * The sense of the last one that matches a path; undefined when none does. `parts` start at the folder of the
   * patterns.
   */
  last(parts: readonly string[], isFolder: boolean): "plain" | "negated" | undefined;
}

interface PathPattern {
  isNegated: boolean;
  /** The pattern ended in a slash: only folders match. */
  forFolders: boolean;
  /** The pattern matches whole paths. Otherwise it matches a name in any folder. */
  isAnchored: boolean;
  matches(path: string): boolean;
}

/** Reads patterns: `!` negates, a slash at the end means folders, and any other one starts the pattern at the top. */
export async function pathPatterns(sources: readonly string[]): Promise<PathPatterns> {
  const patterns = await Promise.all(sources.map(readPattern));
  if (patterns.length === 0) return { last: () => undefined };
  return {
    last(parts, isFolder) {
      const whole = bytesOf(parts.join("/"));
      const name = bytesOf(parts.at(-1) ?? "");
      const last = patterns.findLast(
        ({ forFolders, isAnchored, matches }) =>
          (isFolder || !forFolders) && matches(isAnchored ? whole : name),
      );
      if (last === undefined) return undefined;
      return last.isNegated ? "negated" : "plain";
    },
  };
}

async function readPattern(source: string): Promise<PathPattern> {
  const isNegated = source.startsWith("!");
  const pattern = isNegated ? source.slice(1) : source;
  const path = pattern.replace(/\/+$/, "");
  return {
    isNegated,
    forFolders: path !== pattern,
    isAnchored: path.includes("/"),
    matches: await globPattern(path.replace(/^\//, "")),
  };
}

/** Gives a text a character for each byte: globs compare bytes. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}
