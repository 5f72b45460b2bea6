import { joinPath } from "../../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { readIgnoreFile } from "./ignore-file.ts";
import type { PathPatterns } from "./path-patterns.ts";

/** Configurations of git, below the home folder. The first that names a file of patterns counts. */
const CONFIGURATIONS = [".gitconfig", ".config/git/config"] as const;
/** The patterns of a user whose configurations name none. */
const USUAL = ".config/git/ignore";

/** Bytes of a configuration, and of a file of patterns, that are read. */
const MAX_BYTES = 256 * 1024;

/** Reads the patterns that a user has git ignore in all repositories, found as ripgrep finds them. */
export async function readGlobalIgnore(
  home: string,
  files: WorkspaceFiles,
): Promise<PathPatterns | undefined> {
  const named = await Promise.all(
    CONFIGURATIONS.map(async (path) => excludesFileOf(await textAt(files, joinPath(home, path)))),
  );
  const path = named.find((one) => one !== undefined)?.replace("~", home) ?? joinPath(home, USUAL);
  const text = path.startsWith("/") ? await textAt(files, path) : undefined;
  return text === undefined ? undefined : readIgnoreFile(text);
}

/** The value of `core.excludesFile`. Its section is not looked at, as by ripgrep: no other has a key of the name. */
function excludesFileOf(configuration: string | undefined): string | undefined {
  return /^[ \t]*excludesfile[ \t]*=[ \t]*"?[ \t]*([^\s"]+)[ \t]*"?[ \t]*\r?$/im.exec(
    configuration ?? "",
  )?.[1];
}

/** Undefined for what is not there or cannot be read. */
async function textAt(files: WorkspaceFiles, path: string): Promise<string | undefined> {
  const bytes = await files.read(path, { length: MAX_BYTES }).catch(() => undefined);
  return bytes && new TextDecoder().decode(bytes);
}
