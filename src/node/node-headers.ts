/**
 * The headers of a Node request, read in place. Every request looks up a few names and hardly any walks the whole
 * list, so the real `Headers` behind it is made when something more than `get` and `has` is asked for. To `instanceof`
 * and to `new Headers(…)` it is one of them.
 */
export class NodeHeaders {
  readonly #raw: readonly string[];
  #made: Headers | undefined;

  /** Names and values in turn, as in `IncomingMessage.rawHeaders`. */
  constructor(raw: readonly string[]) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    if (this.#made !== undefined) return this.#made.get(name);
    let found: string | null = null;
    const wanted = name.toLowerCase();
    for (let at = 0; at < this.#raw.length; at += 2) {
      const given = this.#raw[at] as string;
      if (given.length !== wanted.length || given.toLowerCase() !== wanted) continue;
      const value = this.#raw[at + 1] as string;
      found = found === null ? value : `${found}${wanted === "cookie" ? "; " : ", "}${value}`;
    }
    return found;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  append(name: string, value: string): void {
    this.#all().append(name, value);
  }

  set(name: string, value: string): void {
    this.#all().set(name, value);
  }

  delete(name: string): void {
    this.#all().delete(name);
  }

  getSetCookie(): string[] {
    return this.#all().getSetCookie();
  }

  forEach(visit: (value: string, name: string, parent: NodeHeaders) => void, thisArg?: unknown): void {
    for (const [name, value] of this.#all()) visit.call(thisArg, value, name, this);
  }

  keys() {
    return this.#all().keys();
  }

  values() {
    return this.#all().values();
  }

  entries() {
    return this.#all().entries();
  }

  [Symbol.iterator]() {
    return this.#all().entries();
  }

  #all(): Headers {
    if (this.#made !== undefined) return this.#made;
    const made = new Headers();
    for (let at = 0; at < this.#raw.length; at += 2) {
      const name = this.#raw[at] as string;
      // HTTP/2 pseudo-headers are no header names to Fetch.
      if (!name.startsWith(":")) made.append(name, this.#raw[at + 1] as string);
    }
    this.#made = made;
    return made;
  }
}

Object.setPrototypeOf(NodeHeaders.prototype, Headers.prototype);
