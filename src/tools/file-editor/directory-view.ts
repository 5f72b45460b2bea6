import { joinPath } from "../../workspace/paths.ts";
import type { DirectoryEntry, DirectoryListing, WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { clipLines } from "./numbered-lines.ts";

/** Maximum number of entries read from one directory, hidden ones included. */
const MAX_ENTRIES = 2000;

/** Number of lines after which no more directories are opened. Far fewer can be shown. */
const MAX_LINES = 2000;

const NOTHING: DirectoryListing = { entries: [], truncated: false };

/** Lists a directory and two levels below it, without hidden entries. */
export async function viewDirectory(files: WorkspaceFiles, path: string): Promise<string> {
  const root = path.length > 1 ? path.replace(/\/+$/, "") : path;
  const listing = await files.list(root, { limit: MAX_ENTRIES });
  const lines = [directoryName(root)];
  let truncated = listing.truncated;
  for (const entry of visible(listing)) {
    lines.push(nameOf(root, entry));
    if (entry.type !== "directory" || lines.length > MAX_LINES) continue;
    const entryPath = joinPath(root, entry.name);
    // A directory that cannot be read shows as an empty one.
    const children = await files.list(entryPath, { limit: MAX_ENTRIES }).catch(() => NOTHING);
    truncated ||= children.truncated;
    lines.push(...visible(children).map((child) => nameOf(entryPath, child)));
  }
  const heading = `Files and directories in ${root}, up to 2 levels deep, hidden ones left out:`;
  const shown = clipLines(lines, leftOut);
  return [heading, shown, ...remarks(root, listing, truncated)].join("\n");
}

function visible(listing: DirectoryListing): DirectoryEntry[] {
  return listing.entries.filter((entry) => !entry.name.startsWith("."));
}

function nameOf(parent: string, entry: DirectoryEntry): string {
  const path = joinPath(parent, entry.name);
  return entry.type === "directory" ? directoryName(path) : path;
}

function directoryName(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

function leftOut(from: number, to: number): string {
  return `<response clipped><NOTE>The output was too long: ${to - from + 1} entries are left out. List large directories piece by piece with \`ls\`.</NOTE>`;
}

function remarks(root: string, listing: DirectoryListing, truncated: boolean): string[] {
  const hidden = listing.entries.filter((entry) => entry.name.startsWith(".")).length;
  const texts: string[] = [];
  if (hidden > 0)
    texts.push(
      `\n${hidden} hidden files/directories in this directory are left out; \`ls -la ${root}\` shows them.`,
    );
  if (truncated) texts.push(`\nOnly the first ${MAX_ENTRIES} entries of a directory were looked at.`);
  return texts;
}
