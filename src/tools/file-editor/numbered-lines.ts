/** Maximum number of characters of a file or listing in one observation. */
const MAX_SHOWN = 16_000;

/** Maximum number of characters of one line when the whole output is too long. */
const MAX_LINE = 4000;

/** Number of lines shown above and below an edit. */
const CONTEXT_LINES = 4;

/** Numbers lines like `cat -n`, from `first` on. Output that is too long is cut in the middle. */
export function numberedLines(lines: readonly string[], first: number): string {
  const numbered = lines.map((line, index) => `${String(index + first).padStart(6)}\t${line}`);
  return clipLines(numbered, (from, to) => {
    const missing = `lines ${from + first} to ${to + first} are left out`;
    return `<response clipped><NOTE>The output was too long: ${missing}. Look them up with \`view_range\`, or find the lines you need with \`grep -n\`.</NOTE>`;
  });
}

/** Numbers the lines from `first` to `last`, counted from 1, and a few around them. */
export function snippetAround(lines: readonly string[], first: number, last: number): string {
  const start = Math.max(1, first - CONTEXT_LINES);
  return numberedLines(lines.slice(start - 1, last + CONTEXT_LINES), start);
}

/**
 * Joins lines up to `MAX_SHOWN` characters. Very long lines are cut first. Then lines in the middle are left out, and
 * `notice` makes a text from the indexes of the first and last of them.
 */
export function clipLines(lines: readonly string[], notice: (from: number, to: number) => string): string {
  if (lengthOf(lines) <= MAX_SHOWN) return lines.join("\n");
  const short = lines.map(cutLine);
  if (lengthOf(short) <= MAX_SHOWN) return short.join("\n");
  const head = takeWhole(short, MAX_SHOWN / 2);
  const tail = takeWhole(short.slice(head.length).reverse(), MAX_SHOWN / 2).reverse();
  const from = head.length;
  const to = short.length - tail.length - 1;
  return [...head, ...(from <= to ? [notice(from, to)] : []), ...tail].join("\n");
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

function takeWhole(lines: readonly string[], budget: number): string[] {
  let left = budget;
  const end = lines.findIndex((line) => {
    left -= line.length + 1;
    return left < 0;
  });
  return lines.slice(0, end === -1 ? lines.length : end);
}

function cutLine(line: string): string {
  if (line.length <= MAX_LINE) return line;
  return `${line.slice(0, MAX_LINE)}… [${line.length} characters in this line]`;
}
