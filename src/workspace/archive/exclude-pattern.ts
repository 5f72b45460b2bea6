import { AgentServerError } from "../../errors.ts";
import { globPattern, neverMatches } from "./glob-pattern.ts";

/** Paths that are left out of an archive. */
export interface Excludes {
  /**
   * Whether a path is left out, of which every folder above it is kept. Parts of the path from the top of the archive.
   */
  has(parts: readonly string[], isDirectory: boolean): boolean;
  /** The same for git: pathspecs with magic, to be added to one that says what is wanted. */
  readonly pathspecs: readonly string[];
}

interface ExcludePattern {
  /** Only folders match: the pattern ended in a slash. */
  isFolder: boolean;
  /** The pattern matches whole paths from the top. Otherwise it matches a name at any depth. */
  isAnchored: boolean;
  /** Parts of the pattern. */
  parts: readonly string[];
}

/**
 * Reads patterns like those of `.gitignore`, without negation:
 *
 * - A slash at the end: folders only, with everything in them.
 * - A slash elsewhere: the pattern starts at the top of the archive. `*` and `?` do not match a slash, `**` matches
 *   any number of folders.
 * - No slash: any name in a path.
 *
 * Names are compared byte by byte, as git does: `?` is one byte of UTF-8.
 *
 * @throws AgentServerError `bad_request` for a pattern that could only match outside.
 */
export async function readExcludes(patterns: readonly string[]): Promise<Excludes> {
  const read = patterns.flatMap(readPattern);
  const tests = await Promise.all(
    read.map(async ({ isFolder, isAnchored, parts }) => {
      const matches = await globPattern(parts.join("/"));
      return { isFolder, isAnchored, matches };
    }),
  );
  return {
    has: (path, isDirectory) => {
      const name = bytesOf(path.at(-1) ?? "");
      const whole = bytesOf(path.join("/"));
      return tests.some(
        ({ isFolder, isAnchored, matches }) =>
          (isDirectory || !isFolder) && matches(isAnchored ? whole : name),
      );
    },
    pathspecs: read.filter(({ parts }) => !parts.some(neverMatches)).flatMap(toPathspecs),
  };
}

/** None for a pattern without a name. */
function readPattern(pattern: string): ExcludePattern[] {
  const parts = pattern.split("/").filter((part) => part !== "");
  if (parts.some((part) => part === "." || part === "..") || pattern.includes("\0")) {
    throw new AgentServerError(
      "bad_request",
      `exclude '${pattern.replaceAll("\0", "\\0")}' must be a pattern without '.' and '..' between slashes`,
    );
  }
  if (parts.length === 0) return [];
  const isFolder = pattern.endsWith("/");
  return [{ isFolder, isAnchored: parts.length > 1 || pattern.startsWith("/"), parts }];
}

/** The content of a folder has a pathspec of its kind: a pattern for folders must not match a file. */
function toPathspecs({ isFolder, isAnchored, parts }: ExcludePattern): string[] {
  const path = `:(glob,exclude)${isAnchored ? "" : "**/"}${parts.join("/")}`;
  return isFolder ? [`${path}/**`] : [path, `${path}/**`];
}

/** A character for each byte, so that a pattern sees what git sees. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}
