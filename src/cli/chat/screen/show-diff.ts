import { structuredPatch } from "diff";
import { safeText } from "./safe-text.ts";
import type { Style } from "./style.ts";

/** Milliseconds after which a comparison is given up. */
const TIME_LIMIT = 1_000;
/** Characters of a text that is compared. */
const MAX_TEXT = 2_000_000;
/** Characters of a line that are shown. */
const MAX_LINE = 400;

/** A file before and after a change. */
export interface FileChange {
  path: string;
  before: string;
  after: string;
}

/** Writes a change as lines with `+` and `-`, at most `maxLines` of them; what is left out is counted. */
export function showDiff({ path, before, after }: FileChange, style: Style, maxLines: number): string[] {
  if (before.length > MAX_TEXT || after.length > MAX_TEXT) return [style("faint", "  too large to compare")];
  const patch = structuredPatch(path, path, before, after, "", "", { context: 2, timeout: TIME_LIMIT });
  if (patch === undefined) return [style("faint", "  too different to compare in a short time")];
  const lines = patch.hunks.flatMap((hunk) => [
    `  ${style("place", `@@ line ${hunk.newStart} @@`)}`,
    ...hunk.lines.map((line) => styled(line, style)),
  ]);
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), style("faint", `  … ${lines.length - maxLines} more lines`)];
}

function styled(line: string, style: Style): string {
  const text = `  ${safeText(line.slice(0, MAX_LINE))}${line.length > MAX_LINE ? "…" : ""}`;
  if (line.startsWith("+")) return style("added", text);
  return line.startsWith("-") ? style("removed", text) : text;
}
