import { joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { DirectoryEntry, WorkspaceFiles } from "../../workspace/workspace-files.ts";
import type { ToolResult } from "../define-tool.ts";
import { absolutePath } from "../text-files/file-place.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { answer } from "./answer.ts";
import type { ListDirectoryInput } from "./inputs.ts";
import { localTime } from "./local-time.ts";

const MAX_ENTRIES = 500;
/** Entries of a directory that are looked at, so that the first ones by name are shown. */
const MAX_READ = 10_000;
/** Questions to the machine at once. */
const AT_ONCE = 20;

const NOTHING = { dir_path: null, entries: [], total_count: 0, is_truncated: false };

/** An entry with its path from the listed directory on. */
interface Found extends DirectoryEntry {
  below: string;
}

/** Lists a directory and, if asked to, those in it. */
export function listDirectory(
  { dir_path, recursive }: ListDirectoryInput,
  workspace: Workspace,
): Promise<ToolResult> {
  const { files } = workspace;
  const path = absolutePath(workspace, dir_path);
  return answer("listing directory", NOTHING, async () => {
    const status = await files.stat(path);
    if (status === null) throw new FileRefusal(`Error: Directory not found: ${path}`);
    if (status.type !== "directory") throw new FileRefusal(`Error: Path is not a directory: ${path}`);
    const { found, isTruncated } = recursive ? await twoLevels(files, path) : await oneLevel(files, path);
    const entries = await described(files, path, found);
    const count = `${entries.length} entries${isTruncated ? `, truncated to ${MAX_ENTRIES}` : ""}`;
    return {
      content: [`Listed directory: ${path} (${count})`, ...entries.map(({ line }) => line)].join("\n"),
      dir_path: path,
      entries: entries.map(({ entry }) => entry),
      total_count: entries.length,
      is_truncated: isTruncated,
    };
  });
}

interface Level {
  found: Found[];
  isTruncated: boolean;
}

/** Entries by name. */
async function oneLevel(files: WorkspaceFiles, path: string): Promise<Level> {
  const { entries, truncated } = await files.list(path, { limit: MAX_READ });
  const found = entries.map((entry) => ({ ...entry, below: entry.name }));
  return { found: found.slice(0, MAX_ENTRIES), isTruncated: truncated || found.length > MAX_ENTRIES };
}

/** The entries of the directory, then those of the directories in it. Links are not followed. */
async function twoLevels(files: WorkspaceFiles, path: string): Promise<Level> {
  const top = await oneLevel(files, path);
  const found = directoriesFirst(top.found);
  let { isTruncated } = top;
  for (const { below } of found.filter(({ type, isLink }) => type === "directory" && !isLink)) {
    if (found.length > MAX_ENTRIES) break;
    // A directory that cannot be read shows as an empty one.
    const inside = await oneLevel(files, joinPath(path, below)).catch(() => ({
      found: [],
      isTruncated: false,
    }));
    isTruncated ||= inside.isTruncated;
    found.push(
      ...directoriesFirst(inside.found).map((entry) => ({ ...entry, below: `${below}/${entry.name}` })),
    );
  }
  return { found: found.slice(0, MAX_ENTRIES), isTruncated: isTruncated || found.length > MAX_ENTRIES };
}

function directoriesFirst(entries: readonly Found[]): Found[] {
  const isFolder = ({ type }: Found) => type === "directory";
  return [...entries.filter(isFolder), ...entries.filter((entry) => !isFolder(entry))];
}

interface Described {
  entry: Record<string, unknown>;
  line: string;
}

/** Adds size and time. Entries that lead nowhere are left out. */
async function described(
  files: WorkspaceFiles,
  path: string,
  found: readonly Found[],
): Promise<readonly Described[]> {
  const all: Described[] = [];
  for (let from = 0; from < found.length; from += AT_ONCE) {
    const some = found.slice(from, from + AT_ONCE).map((entry) => describe(files, path, entry));
    all.push(...(await Promise.all(some)).flat());
  }
  return all;
}

async function describe(files: WorkspaceFiles, path: string, { name, below }: Found): Promise<Described[]> {
  const entryPath = joinPath(path, below);
  const status = await files.stat(entryPath).catch(() => null);
  if (status === null) return [];
  const isFolder = status.type === "directory";
  const size = isFolder ? 0 : status.size;
  const time = localTime(status.modifiedAt);
  return [
    {
      entry: { name, path: entryPath, is_directory: isFolder, size, modified_time: time },
      line: `${time.slice(0, 19)}  ${isFolder ? `${below}/` : `${below}  ${size} bytes`}`,
    },
  ];
}
