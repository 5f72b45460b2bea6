import type { StoredEvent } from "../../../stores/store.ts";
import type { Row } from "../../../timeline/row.ts";
import { Timeline } from "../../../timeline/timeline.ts";
import { rowView } from "../../../timeline/view/row-view.ts";
import { toHtml } from "../../../timeline/view/view.ts";
import { redactOwnJson } from "../redact-json.ts";
import type { PageBudget } from "./page-budget.ts";

/** Rows that wait for the result of a call before them. */
const MAX_WAITING = 200;

export interface RowsOptions {
  budget: PageBudget;
  /** Events that are still to be shown on the page. */
  left: number;
  /** Whether the events begin with the first of the log. */
  isStart: boolean;
}

/**
 * Yields the rows of events as HTML, each once it is complete: a call holds back the rows behind it until it has its
 * result, at most 200 of them.
 */
export async function* timelineRows(
  events: AsyncIterable<StoredEvent>,
  { budget, left, isStart }: RowsOptions,
): AsyncGenerator<string, void, void> {
  const timeline = new Timeline({ limits: budget.limits(left), isStart });
  const waiting = new Set<Row>();
  const written = new WeakSet<Row>();
  const write = (row: Row) => {
    waiting.delete(row);
    written.add(row);
    const html = `${toHtml(rowView(row))}\n`;
    budget.spend(html.length);
    return html;
  };
  let rest = left;
  for await (const event of events) {
    timeline.limits = budget.limits(rest);
    rest -= 1;
    for (const row of timeline.take(JSON.parse(redactOwnJson(event.json)))) {
      if (written.has(row)) yield lateResult(row);
      else waiting.add(row);
    }
    for (const row of waiting) {
      if (timeline.isOpen(row) && waiting.size <= MAX_WAITING) break;
      yield write(row);
    }
  }
  for (const row of waiting) yield write(row);
}

/** The result of a call whose row is written already. */
function lateResult({ words: _, ...row }: Row): string {
  return `${toHtml(rowView({ ...row, title: `Result of ${row.title}` }))}\n`;
}
