import { joinPath } from "../paths.ts";
import type { WorkspaceFiles } from "../workspace-files.ts";

/** Levels below a folder that are searched for a repository. */
const MAX_DEPTH = 3;

/** Folders that a search looks at in all, and entries of each. Past it, the folder is taken as it is. */
const MAX_FOLDERS = 10_000;
const MAX_IN_FOLDER = 10_000;

/** Folders with repositories of others. */
const VENDORED = new Set(["node_modules", "venv", "site-packages", "vendor"]);

/**
 * The repository that a folder stands for: itself, or the only one in it, up to three levels down, hidden and vendored
 * folders aside. The folder itself where there is none or more than one.
 */
export async function repositoryRoot(files: WorkspaceFiles, folder: string): Promise<string> {
  if (await isRoot(files, folder)) return folder;
  let found: string | undefined;
  let looked = 0;
  let level = [folder];
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const next: string[] = [];
    for await (const child of foldersIn(files, level)) {
      looked += 1;
      if (looked > MAX_FOLDERS) return folder;
      if (!(await isRoot(files, child))) next.push(child);
      else if (found !== undefined) return folder;
      else found = child;
    }
    level = next;
  }
  return found ?? folder;
}

/** Whether a folder has a `.git`, which may be a file, as in a worktree. */
export async function isRoot(files: WorkspaceFiles, folder: string): Promise<boolean> {
  return (await files.stat(joinPath(folder, ".git")).catch(() => null)) !== null;
}

async function* foldersIn(
  files: WorkspaceFiles,
  folders: readonly string[],
): AsyncGenerator<string, void, void> {
  for (const folder of folders) {
    const { entries } = await files.list(folder, { limit: MAX_IN_FOLDER }).catch(() => ({ entries: [] }));
    for (const { name, type, isLink } of entries) {
      if (type !== "directory" || isLink || name.startsWith(".") || VENDORED.has(name)) continue;
      yield joinPath(folder, name);
    }
  }
}
