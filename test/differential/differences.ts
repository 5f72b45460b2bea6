export interface Difference {
  /** Exact names; "all" where every scenario may show it. */
  scenarios: readonly string[] | "all";
  /** Patterns of the lines that are known, as the report prints them; `*` stands for anything. */
  at: readonly string[];
  reason: string;
}

/** Where this server answers otherwise than the reference on purpose, and why. */
export const DIFFERENCES: readonly Difference[] = [
  {
    scenarios: "all",
    at: [
      'log.0 SystemPromptEvent.dynamic_context: absent -> {"cache_prompt":false,"type":"text","text":"<words>"}',
    ],
    reason: "the model is told the folder it works in and the time, also when the agent has no context",
  },
  {
    scenarios: "all",
    at: [
      'log.* ObservationEvent.observation.metadata.suffix: "\\n[The command timed out after * -> "\\n[The command timed out after *',
      'log.* ObservationEvent.observation.metadata.suffix: "\\n[The command has no new output after 30 seconds. * -> "\\n[The command has no new output after 30 seconds. *',
      'log.* ObservationEvent.observation.metadata.suffix: "\\n[Your command * is NOT executed. * -> "\\n[Your command * is NOT executed. *',
    ],
    reason: "advice to the model in our own words",
  },
];

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
