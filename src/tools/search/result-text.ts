/** A search in words. */
export interface SearchWords {
  /** The sought part of the files. */
  what: string;
  in: string;
  /** Names of the files that were searched; null for all. */
  filter: string | null;
  /** Why the search ended before its end; undefined when it did not. */
  stopped: string | undefined;
}

export function foundText(paths: readonly string[], isCut: boolean, words: SearchWords): string {
  const count = `${paths.length} ${paths.length === 1 ? "file" : "files"}`;
  const more = isCut
    ? `\n\n[These are the ${paths.length} that were changed last. Narrow the search down to see others.]`
    : "";
  return `Found ${count} with ${subject(words)}:\n${paths.join("\n")}${more}${stop(words)}`;
}

export function nothingText(words: SearchWords): string {
  return `No file with ${subject(words)} was found.${stop(words)}`;
}

function subject({ what, in: folder, filter }: SearchWords): string {
  return `${what} in ${folder}${filter === null ? "" : `, among those named '${filter}'`}`;
}

function stop({ stopped }: SearchWords): string {
  return stopped === undefined
    ? ""
    : `\n\n[The search is not complete: ${stopped}. Search in a part of the directory.]`;
}
