import { FIGURES, type FigureName, type Series } from "./figures.ts";
import { judge, median, type Verdict } from "./verdict.ts";

export interface Judgement {
  name: FigureName;
  /** undefined: the run was too short for this figure. */
  verdict: Verdict | undefined;
  /** False for times of a machine that was busy with other things: they say nothing of the server. */
  counts: boolean;
}

/** On a busy machine more processes than this want to run, for each processor. */
const BUSY = 2;

/** Each figure in the order of the list of them. */
export function judgements(series: Series): Judgement[] {
  const isBusy = median(series["load of the machine"].map(({ value }) => value)) > BUSY;
  return (Object.keys(FIGURES) as FigureName[]).map((name) => ({
    name,
    verdict: judge(series[name], FIGURES[name].bound),
    counts: !(isBusy && FIGURES[name].unit === "ms"),
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

function rowOf({ name, verdict, counts }: Judgement): string[] {
  if (verdict === undefined) return [name, "", "", "", "", "too few"];
  const { unit, digits } = FIGURES[name];
  const text = (value: number) =>
    Number.isFinite(value) ? `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}` : "any";
  const { early, late, growth, allowed, isFlat } = verdict;
  const judgement = isFlat ? "flat" : "GROWS";
  return [name, ...[early, late, growth, allowed].map(text), counts ? judgement : "the machine is busy"];
}
