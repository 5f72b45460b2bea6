import type { RowLimits } from "../../../timeline/row.ts";

/** Characters that all rows of a page have together, about. */
const PAGE_LENGTH = 32 * 1024 * 1024;
/** Bounds of what one text of a row gets. */
const MIN_TEXT = 400;
const MAX_TEXT = 20_000;
/** Texts that most rows have at most: the arguments, the result, a diff. */
const TEXTS_OF_ROW = 4;
/** Characters of a line of a diff, about. */
const DIFF_LINE = 50;

/**
 * The length of a page, shared by its rows. Early rows that need little leave more to later ones; where much was
 * needed, later rows become short, and never empty.
 */
export class PageBudget {
  #left = PAGE_LENGTH;

  /** The limits of the next row, if about this number of rows follows. */
  limits(rows: number): RowLimits {
    const share = (this.#left / Math.max(1, rows)) * TEXTS_OF_ROW;
    const text = Math.round(Math.min(MAX_TEXT, Math.max(MIN_TEXT, share)));
    return { text, diffLines: Math.round(text / DIFF_LINE) };
  }

  spend(length: number): void {
    this.#left = Math.max(0, this.#left - length);
  }
}
