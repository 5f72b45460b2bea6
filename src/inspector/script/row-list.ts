import type { Row } from "../../timeline/row.ts";
import { rowView } from "../../timeline/view/row-view.ts";
import { toElement } from "./elements.ts";

/** Rows that are shown at a time, whatever the length of the log. */
export const MAX_ROWS = 2_000;

/** Rows as elements of the page: drawn when they come, and again when they have changed. */
export class RowList {
  readonly #place: HTMLElement;
  readonly #isOpen: (row: Row) => boolean;
  readonly #elements = new Map<Row, HTMLElement>();
  #rows: Row[] = [];

  constructor(place: HTMLElement, isOpen: (row: Row) => boolean) {
    this.#place = place;
    this.#isOpen = isOpen;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  clear(): void {
    this.#rows = [];
    this.#elements.clear();
    this.#place.replaceChildren();
  }

  /** Draws rows that are new or have changed. Returns the newest of those that had to leave at the top for them. */
  draw(rows: readonly Row[]): Row | undefined {
    for (const row of rows) {
      const known = this.#elements.get(row);
      const element = this.#newElement(row);
      if (known === undefined) {
        this.#rows.push(row);
        this.#place.append(element);
      } else {
        keepUnfolded(known, element);
        known.replaceWith(element);
      }
    }
    return this.#drop(this.#rows.splice(0, Math.max(0, this.#rows.length - MAX_ROWS))).at(-1);
  }

  /** Shows a list in the place of the one that is shown, which is its end. Returns those that had to leave below. */
  extend(rows: readonly Row[]): readonly Row[] {
    const kept = rows.slice(0, MAX_ROWS);
    const gone = this.#drop(this.#rows.filter((row) => !kept.includes(row)));
    this.#rows = [...kept];
    const elements = kept.map((row) => {
      const known = this.#elements.get(row);
      return known !== undefined && row.outcome === undefined ? known : this.#newElement(row);
    });
    this.#place.replaceChildren(...elements);
    return gone;
  }

  #newElement(row: Row): HTMLElement {
    const element = toElement(rowView(row, { isOpen: this.#isOpen(row) }));
    this.#elements.set(row, element);
    return element;
  }

  #drop(rows: readonly Row[]): readonly Row[] {
    for (const row of rows) {
      this.#elements.get(row)?.remove();
      this.#elements.delete(row);
    }
    return rows;
  }
}

/** Keeps unfolded what the reader has unfolded. */
function keepUnfolded(before: HTMLElement, after: HTMLElement): void {
  const parts = after.querySelectorAll("details");
  before.querySelectorAll("details").forEach((part, index) => {
    const next = parts[index];
    if (next !== undefined) next.open = part.open;
  });
}
