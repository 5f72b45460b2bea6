import { AgentServerError } from "../../errors.ts";
import { joinPath } from "../paths.ts";
import type { WorkspaceFiles } from "../workspace-files.ts";

/** A folder or a regular file below the top of a walk. */
export interface WalkedEntry {
  /** Parts of the path from the top; none for the top itself. */
  parts: readonly string[];
  /** Absolute path. */
  path: string;
  isDirectory: boolean;
}

/** Range of a walk. */
export interface WalkOptions {
  files: WorkspaceFiles;
  /** Absolute real path of a folder. */
  top: string;
  /** Whether an entry is passed over, a folder with everything in it. */
  skips(parts: readonly string[], isDirectory: boolean): boolean;
}

/** Bounds of one walk. What a person works on has less; a program can make more in a second. */
const MAX_ENTRIES = 1_000_000;
const MAX_IN_FOLDER = 200_000;
const MAX_DEPTH = 200;

/**
 * Yields the folders and regular files of a folder, itself first: each folder, then its files, then what is in its
 * folders. Follows no link. Folders that vanish or cannot be read have no entries.
 *
 * @throws AgentServerError `unprocessable` past a bound on entries or depth.
 */
export async function* walk(options: WalkOptions): AsyncGenerator<WalkedEntry, void, void> {
  const pending: WalkedEntry[] = [{ parts: [], path: options.top, isDirectory: true }];
  let count = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = await entriesOf(folder, options);
    count += entries?.length ?? 0;
    if (count > MAX_ENTRIES) throw tooMuch(options.top, `more than ${MAX_ENTRIES} files and folders`);
    if (entries === undefined) continue;
    yield folder;
    yield* entries.filter(({ isDirectory }) => !isDirectory);
    pending.push(...entries.filter(({ isDirectory }) => isDirectory).reverse());
  }
}

/** undefined for a folder that is not one any more. */
async function entriesOf(
  { parts, path }: WalkedEntry,
  { files, top, skips }: WalkOptions,
): Promise<WalkedEntry[] | undefined> {
  if (parts.length > MAX_DEPTH) throw tooMuch(top, `folders more than ${MAX_DEPTH} levels deep`);
  // A link that was put in its place meanwhile leads elsewhere.
  if ((await files.realPath(path)) !== path) return undefined;
  const listing = await files.list(path, { limit: MAX_IN_FOLDER }).catch(() => undefined);
  if (listing?.truncated) throw tooMuch(top, `a folder of more than ${MAX_IN_FOLDER} entries`);
  return listing?.entries.flatMap(({ name, type, isLink }) => {
    if (isLink || type === "other") return [];
    const entry = { parts: [...parts, name], path: joinPath(path, name), isDirectory: type === "directory" };
    return skips(entry.parts, entry.isDirectory) ? [] : [entry];
  });
}

function tooMuch(top: string, what: string): AgentServerError {
  return new AgentServerError("unprocessable", `${top} has ${what}: exclude some, or archive a part of it`);
}
