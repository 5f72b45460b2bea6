import { type DiffLine, diffLines, type FileChange } from "../../../timeline/diff-lines.ts";
import { safeText } from "./safe-text.ts";
import type { Style } from "./style.ts";

/** Writes a change as lines with `+` and `-`, at most `maxLines` of them; what is left out is counted. */
export function showDiff(change: FileChange, style: Style, maxLines: number): string[] {
  return diffLines(change, maxLines).map((line) => styled(line, style));
}

function styled({ kind, text }: DiffLine, style: Style): string {
  switch (kind) {
    case "place":
      return `  ${style("place", text)}`;
    case "remark":
      return style("faint", `  ${text}`);
    case "same":
      return `  ${safeText(text)}`;
    case "added":
    case "removed":
      return style(kind, `  ${safeText(text)}`);
  }
}
