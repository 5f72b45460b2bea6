const MAX_NOTES = 12;
const MAX_LENGTH = 500;

/** Events in a browser that no verb asked for, kept for the next answer. */
export class Notes {
  #lines: string[] = [];
  #left = 0;

  add(line: string): void {
    if (this.#lines.length < MAX_NOTES) this.#lines.push(line.replace(/\s+/g, " ").slice(0, MAX_LENGTH));
    else this.#left += 1;
  }

  /** The text with the notes after it, which are then forgotten. */
  addTo(text: string): string {
    const lines = this.#lines.map((line) => `[${line}]`);
    if (this.#left > 0) lines.push(`[${this.#left} further remarks were left out.]`);
    this.#lines = [];
    this.#left = 0;
    return lines.length === 0 ? text : `${text}\n\n${lines.join("\n")}`;
  }
}
