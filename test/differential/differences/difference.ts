export interface Difference {
  /** Exact names; "all" where every scenario may show it. */
  scenarios: readonly string[] | "all";
  /** Patterns of the lines that are known, as the report prints them; `*` stands for anything. */
  at: readonly string[];
  reason: string;
}

/** Whether a whole line is what the pattern describes. */
export function matches(pattern: string, line: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (!line.startsWith(first)) return false;
  let from = first.length;
  for (const [index, part] of rest.entries()) {
    const isLast = index === rest.length - 1;
    const found = isLast ? line.length - part.length : line.indexOf(part, from);
    if (found < from || !line.startsWith(part, found)) return false;
    from = found + part.length;
  }
  return from === line.length;
}
