import { structuredPatch } from "diff";

/** Milliseconds after which a comparison is given up. */
const TIME_LIMIT = 1_000;
/** Characters of a text that is compared. */
const MAX_TEXT = 2_000_000;
/** Characters of a line that are kept. */
const MAX_LINE = 400;

/** A file before and after a change. */
export interface FileChange {
  path: string;
  before: string;
  after: string;
}

/** A line of a diff: where a hunk begins, text that stays, comes or goes, or a remark. */
export interface DiffLine {
  kind: "place" | "same" | "added" | "removed" | "remark";
  text: string;
}

/** Compares a file with itself before. At most `maxLines` lines are kept; the others are counted in a remark. */
export function diffLines({ path, before, after }: FileChange, maxLines: number): DiffLine[] {
  if (before.length > MAX_TEXT || after.length > MAX_TEXT) return [remark("too large to compare")];
  const patch = structuredPatch(path, path, before, after, "", "", { context: 2, timeout: TIME_LIMIT });
  if (patch === undefined) return [remark("too different to compare in a short time")];
  const lines = patch.hunks.flatMap((hunk): DiffLine[] => [
    { kind: "place", text: `@@ line ${hunk.newStart} @@` },
    ...hunk.lines.map(toLine),
  ]);
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), remark(`… ${lines.length - maxLines} more lines`)];
}

function toLine(line: string): DiffLine {
  const text = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
  if (line.startsWith("+")) return { kind: "added", text };
  return { kind: line.startsWith("-") ? "removed" : "same", text };
}

function remark(text: string): DiffLine {
  return { kind: "remark", text };
}
