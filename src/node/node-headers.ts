import { inheritLater } from "./inherit-later.ts";

/**
 * The headers of a Node request, read in place. Most requests need only `get` and `has` for a few names; every other
 * method creates a real `Headers` first. `instanceof Headers` and `new Headers(…)` accept it.
 */
export class NodeHeaders {
  readonly #raw: readonly string[];
  #headers: Headers | undefined;

  /** Takes names and values in turn, as in `IncomingMessage.rawHeaders`. */
  constructor(raw: readonly string[]) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    if (this.#headers !== undefined) return this.#headers.get(name);
    let joined: string | null = null;
    const wanted = name.toLowerCase();
    for (let at = 0; at < this.#raw.length; at += 2) {
      const header = this.#raw[at] as string;
      if (header.length !== wanted.length || header.toLowerCase() !== wanted) continue;
      const value = this.#raw[at + 1] as string;
      joined = joined === null ? value : `${joined}${wanted === "cookie" ? "; " : ", "}${value}`;
    }
    return joined;
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
    if (this.#headers !== undefined) return this.#headers;
    const headers = new Headers();
    for (let at = 0; at < this.#raw.length; at += 2) {
      const name = this.#raw[at] as string;
      // Fetch rejects the names of HTTP/2 pseudo-headers.
      if (!name.startsWith(":")) headers.append(name, this.#raw[at + 1] as string);
    }
    this.#headers = headers;
    return headers;
  }
}

inheritLater(NodeHeaders.prototype, () => Headers.prototype);
