import { FIGURES, type FigureName, type Series } from "./figures.ts";
import { judge, type Verdict } from "./verdict.ts";

export interface Judgement {
  name: FigureName;
  /** undefined: the run was too short for this figure. */
  verdict: Verdict | undefined;
}

/** Each figure in the order of the list of them. */
export function judgements(series: Series): Judgement[] {
  return (Object.keys(FIGURES) as FigureName[]).map((name) => ({
    name,
    verdict: judge(series[name], FIGURES[name].bound),
  }));
}

const COLUMNS = ["figure", "first quarter", "last quarter", "growth", "allowed", ""] as const;

/** What was judged, in lines for people. */
export function table(judged: readonly Judgement[]): string {
  const rows = [[...COLUMNS], ...judged.map(rowOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

function rowOf({ name, verdict }: Judgement): string[] {
  if (verdict === undefined) return [name, "", "", "", "", "too few"];
  const { unit, digits } = FIGURES[name];
  const text = (value: number) => `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
  const { early, late, growth, allowed, isFlat } = verdict;
  return [name, ...[early, late, growth, allowed].map(text), isFlat ? "flat" : "GROWS"];
}
