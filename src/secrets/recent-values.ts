const MAX_VALUES = 1_000;
/** Characters of all values together. */
const MAX_CHARACTERS = 262_144;
/** Characters of one value: those that a secret may have. */
const MAX_LENGTH = 65_536;

/** The last values that were used, bounded in number and size: the one used longest ago is forgotten first. */
export class RecentValues {
  /** In the order of their last use. */
  readonly #values = new Set<string>();
  #characters = 0;

  /**
   * Adds a value, or notes that it was used again. True when it is new; a value of over 65,536 characters is left out.
   */
  add(value: string): boolean {
    if (value === "" || value.length > MAX_LENGTH) return false;
    const isNew = !this.#delete(value);
    this.#values.add(value);
    this.#characters += value.length;
    for (const oldest of this.#values) {
      if (this.#values.size <= MAX_VALUES && this.#characters <= MAX_CHARACTERS) break;
      this.#delete(oldest);
    }
    return isNew;
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#values.values();
  }

  #delete(value: string): boolean {
    const isThere = this.#values.delete(value);
    if (isThere) this.#characters -= value.length;
    return isThere;
  }
}
