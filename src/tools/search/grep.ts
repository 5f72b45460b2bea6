import type { ToolResult } from "../define-tool.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import type { FileSearch } from "./file-search.ts";
import type { GrepInput } from "./inputs.ts";
import { foundText, nothingText } from "./result-text.ts";
import { readGlobs } from "./rules/name-globs.ts";

/** Finds files by their text. */
export async function grep(
  { pattern, path, include }: GrepInput,
  search: FileSearch,
  signal: AbortSignal,
): Promise<ToolResult> {
  const folder = await search.folderAt(path ?? ".");
  const about = { pattern, search_path: folder.path, include_pattern: include };
  try {
    if (!folder.exists) throw new FileRefusal(`Search path '${path}' is not a valid directory`);
    const { paths, isCut, stopped } = await search.find(
      { folder: folder.path, globs: readGlobs(include ?? ""), text: pattern, skipsHiddenFolders: true },
      signal,
    );
    const words = { what: `text that matches '${pattern}'`, in: folder.path, filter: include, stopped };
    const content = paths.length === 0 ? nothingText(words) : foundText(paths, isCut, words);
    const isError = paths.length === 0 && stopped !== undefined;
    return { ...about, content, matches: paths, truncated: isCut, is_error: isError };
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return { ...about, content: error.message, matches: [], truncated: false, is_error: true };
  }
}
