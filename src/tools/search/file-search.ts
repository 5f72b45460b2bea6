import type { Workspace } from "../../workspace/workspace.ts";
import { absolutePath } from "../text-files/file-place.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { type FileQuery, type FoundFiles, type SearchLimits, TIME_LIMIT } from "./file-query.ts";
import { searchByRipgrep } from "./ripgrep.ts";
import { searchByWalk } from "./walk-search.ts";

/** Longest regular expression, in UTF-16 code units. */
const MAX_TEXT = 4_096;

/**
 * Searches the files of one machine: by ripgrep where the machine has it, else by looking through its folders with the
 * same rules.
 */
export class FileSearch {
  readonly #workspace: Workspace;
  #hasRipgrep = true;
  #walks: Promise<unknown> = Promise.resolve();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  get home(): string {
    return this.#workspace.info.home;
  }

  /** The real path of a folder that a model names, and whether there is one. */
  async folderAt(path: string): Promise<{ path: string; exists: boolean }> {
    const { files } = this.#workspace;
    const absolute = absolutePath(this.#workspace, path);
    const real = await files.realPath(absolute).catch(() => absolute);
    const status = await files.stat(real).catch(() => null);
    return { path: real, exists: status?.type === "directory" };
  }

  /**
   * Finds files.
   *
   * @throws FileRefusal for a regular expression that is not valid.
   */
  async find(query: FileQuery, signal: AbortSignal): Promise<FoundFiles> {
    if ((query.text?.length ?? 0) > MAX_TEXT) {
      throw new FileRefusal(`Invalid regex pattern: it is longer than ${MAX_TEXT} characters`);
    }
    if (this.#hasRipgrep) {
      const found = await searchByRipgrep(query, this.#workspace, limitsOf(signal));
      if (found !== undefined) return found;
      this.#hasRipgrep = false;
    }
    return this.#walkInTurn(query, signal);
  }

  /** One after the other: each may hold a thread. */
  #walkInTurn(query: FileQuery, signal: AbortSignal): Promise<FoundFiles> {
    const walk = this.#walks.then(() => {
      signal.throwIfAborted();
      return searchByWalk(query, this.#workspace, limitsOf(signal));
    });
    this.#walks = walk.catch(() => {});
    return walk;
  }
}

function limitsOf(signal: AbortSignal): SearchLimits {
  return { signal, deadline: AbortSignal.timeout(TIME_LIMIT) };
}
