import { joinPath } from "../../workspace/paths.ts";
import type { DirectoryEntry, DirectoryListing, WorkspaceFiles } from "../../workspace/workspace-files.ts";
import type { FileQuery } from "./file-query.ts";
import { Pace } from "./pace.ts";
import { IgnoreRules } from "./rules/ignore-rules.ts";
import { type NameGlobs, nameGlobs } from "./rules/name-globs.ts";

/** Bounds of a walk. */
const MAX_ENTRIES = 250_000;
const MAX_IN_FOLDER = 100_000;
const MAX_DEPTH = 100;

/** A walk that has come to a bound. */
export class WalkTooLong extends Error {
  override readonly name = "WalkTooLong";
}

/** The machine of a walk. */
export interface Searched {
  files: WorkspaceFiles;
  /** Home folder of its user. */
  home: string;
}

interface Folder {
  path: string;
  parts: readonly string[];
  /** The rules of the folder above; null for the top of the walk. */
  above: IgnoreRules | null;
}

/**
 * Yields the paths of the files that a query names, and of all that are neither ignored nor hidden where it names none.
 * Follows no link. Folders that vanish or cannot be read have no files. Ends when the signal aborts.
 *
 * @throws WalkTooLong past a bound, after everything up to it.
 */
export async function* walkFiles(
  query: FileQuery,
  { files, home }: Searched,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const globs = await nameGlobs(query.globs);
  const pace = new Pace();
  const open: Folder[] = [{ path: query.folder, parts: [], above: null }];
  let count = 0;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const { entries, truncated } = await listingOf(folder, files);
    const rules = await rulesOf(folder, entries, { files, home });
    for (const entry of entries) {
      await pace.breathe();
      if (signal.aborted) return;
      const path = joinPath(folder.path, entry.name);
      const parts = [...folder.parts, entry.name];
      if (!isTaken(entry, { path, parts, rules, globs, query })) continue;
      if (entry.type === "file") yield path;
      else open.push({ path, parts, above: rules });
    }
    count += entries.length;
    if (truncated) throw new WalkTooLong(`${folder.path} has more than ${MAX_IN_FOLDER} entries`);
    if (count > MAX_ENTRIES) throw new WalkTooLong(`it has looked at ${MAX_ENTRIES} files and folders`);
  }
}

async function listingOf({ path, parts }: Folder, files: WorkspaceFiles): Promise<DirectoryListing> {
  if (parts.length > MAX_DEPTH) throw new WalkTooLong(`${path} lies more than ${MAX_DEPTH} folders deep`);
  return files.list(path, { limit: MAX_IN_FOLDER }).catch(() => ({ entries: [], truncated: false }));
}

async function rulesOf(
  { path, above }: Folder,
  entries: readonly DirectoryEntry[],
  { files, home }: Searched,
): Promise<IgnoreRules> {
  if (above === null) return IgnoreRules.of(path, files, home);
  return above.below(path, new Set(entries.map(({ name }) => name)), files);
}

interface Candidate {
  path: string;
  parts: readonly string[];
  rules: IgnoreRules;
  globs: NameGlobs;
  query: FileQuery;
}

/** Whether a file is named by the query, or a folder is looked into. */
function isTaken(
  { name, type, isLink }: DirectoryEntry,
  { path, parts, rules, globs, query }: Candidate,
): boolean {
  if (isLink || type === "other") return false;
  const isFolder = type === "directory";
  const isHidden = name.startsWith(".");
  if (isFolder && isHidden && query.skipsHiddenFolders) return false;
  const verdict = globs.verdict(parts, isFolder);
  if (verdict !== "open") return verdict === "found";
  const rule = rules.verdict(path, isFolder);
  return rule === undefined ? !isHidden : rule === "kept";
}
