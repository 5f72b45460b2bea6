import { joinPath, nameOf, parentOf } from "../../workspace/paths.ts";
import type { ToolResult } from "../define-tool.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import type { FileSearch } from "./file-search.ts";
import type { GlobInput } from "./inputs.ts";
import { foundText, nothingText } from "./result-text.ts";
import { readGlobs } from "./rules/name-globs.ts";

/** Finds files by their names. */
export async function glob(input: GlobInput, search: FileSearch, signal: AbortSignal): Promise<ToolResult> {
  const { path, pattern } = await placed(input, search);
  const folder = await search.folderAt(path);
  const about = { pattern: input.pattern, search_path: folder.path };
  try {
    if (!folder.exists) throw new FileRefusal(`Search path '${folder.path}' is not a valid directory`);
    const query = { folder: folder.path, globs: readGlobs(pattern), text: null, skipsHiddenFolders: false };
    const { paths, isCut, stopped } = await search.find(query, signal);
    const words = { what: `a name that matches '${input.pattern}'`, in: folder.path, filter: null, stopped };
    const content = paths.length === 0 ? nothingText(words) : foundText(paths, isCut, words);
    const isError = paths.length === 0 && stopped !== undefined;
    return { ...about, content, files: paths, truncated: isCut, is_error: isError };
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return { ...about, content: error.message, files: [], truncated: false, is_error: true };
  }
}

interface Placed {
  path: string;
  pattern: string;
}

const MAGIC = /[*?[{]/;

/** Splits an absolute pattern into the folders that it names and the rest. */
async function placed({ path, pattern }: GlobInput, search: FileSearch): Promise<Placed> {
  const absolute = pattern.replace(/^~(?=\/|$)/, search.home);
  if (!absolute.startsWith("/")) return { path: path ?? ".", pattern };
  const parts = absolute.split("/");
  const magic = parts.findIndex((part) => MAGIC.test(part));
  if (magic !== -1)
    return { path: joinPath("/", ...parts.slice(0, magic)), pattern: parts.slice(magic).join("/") };
  if ((await search.folderAt(absolute)).exists) return { path: absolute, pattern: "" };
  return { path: parentOf(absolute), pattern: `/${nameOf(absolute)}` };
}
