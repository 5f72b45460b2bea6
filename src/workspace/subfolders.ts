import type { WorkspaceFiles } from "./workspace-files.ts";

/** Entries of a folder that are looked at. */
const MAX_ENTRIES = 100_000;

/** Which of the folders in a folder are listed. */
export interface SubfolderQuery {
  /** Whether names may begin with a dot. */
  includeHidden: boolean;
}

/**
 * Names of the folders in a folder, links left out, in the order of their lower-case names and then of the names
 * themselves.
 */
export async function listSubfolders(
  files: WorkspaceFiles,
  path: string,
  { includeHidden }: SubfolderQuery,
): Promise<string[]> {
  const { entries } = await files.list(path, { limit: MAX_ENTRIES });
  return entries
    .filter(
      ({ type, isLink, name }) => type === "directory" && !isLink && (includeHidden || !name.startsWith(".")),
    )
    .map(({ name }) => name)
    .sort(byName);
}

/** Finds the first name of a page, which begins at the name `token` or at the next one where that is gone. */
export function indexOfToken(names: readonly string[], token: string): number {
  const exact = names.indexOf(token);
  if (exact !== -1) return exact;
  const next = names.findIndex(
    (name) => byName(name, token) >= 0 || name.toLowerCase() === token.toLowerCase(),
  );
  return next === -1 ? names.length : next;
}

function byName(a: string, b: string): number {
  return compare(a.toLowerCase(), b.toLowerCase()) || compare(a, b);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
