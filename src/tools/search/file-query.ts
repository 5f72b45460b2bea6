/** Files that a search shows. */
export const MAX_PATHS = 100;
/** Milliseconds of a search. */
export const TIME_LIMIT = 30_000;

/** The files that a search is about. */
export interface FileQuery {
  /** Absolute real path of the folder. */
  folder: string;
  /** Globs that name the files; none for all that are neither ignored nor hidden. */
  globs: readonly string[];
  /** Regular expression that a line of the file matches; null for names alone. */
  text: string | null;
  /** Leaves folders with a dot before their name out, whatever the globs say. */
  skipsHiddenFolders: boolean;
}

export interface FoundFiles {
  /** Absolute paths, those that were changed last first. */
  paths: readonly string[];
  /** Whether there are more than those. */
  isCut: boolean;
  /** Why the search ended before its end; undefined when it did not. */
  stopped: string | undefined;
}

/** Has a search end: with its call, or past its time. */
export interface SearchLimits {
  /** Aborted by an interrupt. */
  signal: AbortSignal;
  /** Aborted past the time. What was found until then counts. */
  deadline: AbortSignal;
}

/** The reason of a search that the deadline has ended. */
export const OUT_OF_TIME = `it was stopped after ${TIME_LIMIT / 1000} seconds`;
