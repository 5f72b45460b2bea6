import { SECRET_MASK } from "../../secrets/masking/secret-mask.ts";
import { lineAt, linesOf } from "../text-files/document.ts";
import { EditorRefusal } from "./editor-refusal.ts";
import { numberedLines } from "./numbered-lines.ts";

export interface Match {
  start: number;
  end: number;
}

const MAX_ECHO = 400;
const MAX_LINES_NAMED = 20;
const MAX_HINT_LINES = 12;

/** Finds the one occurrence of `wanted`. The refusal for none or several says what the text has instead. */
export function findOnce(text: string, wanted: string, path: string): Match {
  const exact = occurrences(text, wanted);
  const trimmed = wanted.trim();
  // Models often add space around the passage. It is ignored in the search only: new_str is used as it is.
  const matches = exact.length === 0 && trimmed !== "" ? occurrences(text, trimmed) : exact;
  const [first] = matches;
  if (first === undefined) throw new EditorRefusal(missText({ text, wanted, path }));
  if (matches.length > 1) throw new EditorRefusal(ambiguousText(text, wanted, matches));
  return first;
}

function occurrences(text: string, wanted: string): Match[] {
  const matches: Match[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
    matches.push({ start: at, end: at + wanted.length });
  }
  return matches;
}

function ambiguousText(text: string, wanted: string, matches: readonly Match[]): string {
  const lines = [...new Set(matches.slice(0, MAX_LINES_NAMED).map(({ start }) => lineAt(text, start)))];
  const more = matches.length > MAX_LINES_NAMED ? ` and ${matches.length - MAX_LINES_NAMED} more places` : "";
  return `No replacement was performed. Multiple occurrences of old_str \`${echo(wanted)}\` in lines [${lines.join(", ")}]${more}. Add lines before or after it to make it unique.`;
}

function missText({ text, wanted, path }: { text: string; wanted: string; path: string }): string {
  const miss = `No replacement was performed, old_str \`${echo(wanted)}\` did not appear verbatim in ${path}.`;
  const hints = [maskHint, numberHint, spacingHint, firstLineHint];
  const hint = hints.map((find) => find(text, wanted)).find((text) => text !== null);
  return `${miss} ${hint ?? "View the file again: it may have changed."}`;
}

/** Explains a passage with a mask: the file has a secret value there. */
function maskHint(text: string, wanted: string): string | null {
  if (!wanted.includes(SECRET_MASK) || text.includes(SECRET_MASK)) return null;
  return `The file has a secret value where you see ${SECRET_MASK}: choose a passage without it.`;
}

/** Explains a passage with the line numbers that `view` shows. */
function numberHint(text: string, wanted: string): string | null {
  const bare = wanted.replace(/^ *\d+\t/gm, "");
  if (bare === wanted || !text.includes(bare.trim())) return null;
  return "It is there without the line numbers: leave out the number and the tab before each line.";
}

/** Finds the same words with other spaces or indentation. */
function spacingHint(text: string, wanted: string): string | null {
  const lines = linesOf(text);
  const near = lines.map(squeeze);
  const target = linesOf(wanted.trim()).map(squeeze);
  if (target.length === 0) return null;
  const index = near.findIndex((_, at) => target.every((line, offset) => near[at + offset] === line));
  return index === -1
    ? null
    : `These lines differ from it only in spaces:\n${excerpt(lines, index, target.length)}`;
}

/** Finds the first line of a passage whose other lines differ. */
function firstLineHint(text: string, wanted: string): string | null {
  const lines = linesOf(text);
  const target = linesOf(wanted.trim());
  const first = squeeze(target[0] ?? "");
  const index = first === "" ? -1 : lines.findIndex((line) => squeeze(line) === first);
  return index === -1
    ? null
    : `Its first line is there, what follows differs:\n${excerpt(lines, index, target.length)}`;
}

function excerpt(lines: readonly string[], index: number, length: number): string {
  return numberedLines(lines.slice(index, index + Math.min(length, MAX_HINT_LINES)), index + 1);
}

function squeeze(line: string): string {
  return line.replace(/\s+/g, " ").trim();
}

function echo(text: string): string {
  return text.length <= MAX_ECHO ? text : `${text.slice(0, MAX_ECHO)}…`;
}
