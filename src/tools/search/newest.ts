/** A path with the time of its last change, in milliseconds since 1970. */
interface Dated {
  path: string;
  modifiedAt: number;
}

/** Keeps the paths that were changed last, of as many as there may be. */
export class Newest {
  readonly #limit: number;
  #kept: Dated[] = [];
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether paths were left out. */
  get isCut(): boolean {
    return this.#count > this.#limit;
  }

  add(path: string, modifiedAt: number): void {
    this.#count += 1;
    this.#kept.push({ path, modifiedAt });
    if (this.#kept.length > 4 * this.#limit) this.#kept = this.#sorted();
  }

  paths(): string[] {
    return this.#sorted().map(({ path }) => path);
  }

  #sorted(): Dated[] {
    return this.#kept.toSorted(newestFirst).slice(0, this.#limit);
  }
}

function newestFirst(a: Dated, b: Dated): number {
  return b.modifiedAt - a.modifiedAt || (a.path < b.path ? -1 : 1);
}
