/**
 * Finds lines in a row among others, from a line on. -1 for those that are not there; no lines are at the start. Takes
 * time for each line once (Knuth, Morris and Pratt): a file of equal lines must not hold the server up.
 */
export function indexOfLines(lines: readonly string[], wanted: readonly string[], start: number): number {
  const back = borders(wanted);
  let matched = 0;
  if (wanted.length === 0) return start;
  for (let at = start; at < lines.length; at += 1) {
    while (matched > 0 && lines[at] !== wanted[matched]) matched = back[matched - 1] ?? 0;
    if (lines[at] === wanted[matched]) matched += 1;
    if (matched === wanted.length) return at - matched + 1;
  }
  return -1;
}

/** For each number of lines, how many of the last ones are the first ones, too. */
function borders(lines: readonly string[]): number[] {
  const lengths = [0];
  let length = 0;
  for (let at = 1; at < lines.length; at += 1) {
    while (length > 0 && lines[at] !== lines[length]) length = lengths[length - 1] ?? 0;
    if (lines[at] === lines[length]) length += 1;
    lengths.push(length);
  }
  return lengths;
}
