/** Ranges of the named classes, as pairs of a first and a last character. */
const NAMED: Readonly<Record<string, string>> = {
  alnum: "09AZaz",
  alpha: "AZaz",
  blank: "  \t\t",
  cntrl: "\x00\x1f\x7f\x7f",
  digit: "09",
  graph: "!~",
  lower: "az",
  print: " ~",
  punct: "!/:@[`{~",
  space: "\t\r  ",
  upper: "AZ",
  xdigit: "09AFaf",
};

/** A class that was read: its regular expression, and the characters of the glob that it took. */
export interface BracketClass {
  text: string;
  length: number;
}

/** Reads `[…]` of a glob. No class has a slash in it. undefined for one that does not end, or that git does not know. */
export function bracketClass(glob: string, start: number): BracketClass | undefined {
  let at = start + 1;
  const isNegated = glob[at] === "!" || glob[at] === "^";
  if (isNegated) at += 1;
  let ranges = "";
  for (let isFirst = true; isFirst || glob[at] !== "]"; isFirst = false) {
    const item = named(glob, at) ?? range(glob, at);
    if (item === undefined) return undefined;
    ranges += item.text;
    at += item.length;
  }
  const set = isNegated ? `[^/${ranges}]` : `[${ranges}]`;
  // Without the slash, which a range may hold.
  const text = isNegated ? set : `(?:${withoutSlash(ranges)})`;
  return { text, length: at + 1 - start };
}

function named(glob: string, at: number): BracketClass | undefined {
  const [whole, name = ""] = /^\[:([^\]]{0,64}):\]/.exec(glob.slice(at)) ?? [];
  const pairs = NAMED[name];
  if (whole === undefined || pairs === undefined) return undefined;
  const ranges = pairs.match(/[\s\S]{2}/g) ?? [];
  return { text: ranges.map(([from = "", to = ""]) => rangeSource(from, to)).join(""), length: whole.length };
}

function range(glob: string, at: number): BracketClass | undefined {
  if (glob.startsWith("[:", at) && /^\[:[^\]]{0,64}:\]/.test(glob.slice(at))) return undefined;
  const from = character(glob, at);
  if (from === undefined) return undefined;
  const dash = at + from.length;
  const isRange = glob[dash] === "-" && glob[dash + 1] !== "]";
  const to = isRange ? character(glob, dash + 1) : undefined;
  if (isRange && to === undefined) return undefined;
  const length = from.length + (to === undefined ? 0 : 1 + to.length);
  return { text: rangeSource(from.text, (to ?? from).text), length };
}

/** One character, which a backslash may escape. */
function character(glob: string, at: number): BracketClass | undefined {
  const isEscaped = glob[at] === "\\";
  const text = glob[at + (isEscaped ? 1 : 0)];
  return text === undefined ? undefined : { text, length: isEscaped ? 2 : 1 };
}

/** Nothing for a range that ends before it begins: no character is in it. */
function rangeSource(from: string, to: string): string {
  return from > to ? "" : `${code(from)}-${code(to)}`;
}

/** A class that never holds a slash; without any character it matches nothing. */
function withoutSlash(ranges: string): string {
  const parts = ranges.match(/\\x..-\\x../g) ?? [];
  const cut = parts.flatMap((part) => {
    const [from = "", to = ""] = [part.slice(2, 4), part.slice(7, 9)];
    if (from > "2f" || to < "2f") return [part];
    const below = from < "2f" ? [String.raw`\x${from}-\x2e`] : [];
    const above = to > "2f" ? [String.raw`\x30-\x${to}`] : [];
    return [...below, ...above];
  });
  return cut.length === 0 ? String.raw`[^\s\S]` : `[${cut.join("")}]`;
}

function code(text: string): string {
  return `\\x${text.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
