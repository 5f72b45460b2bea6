const MAX_HOSTS = 100;

/** The last failure of each host, of the newest of them. */
export class HostNotes {
  readonly #failures = new Map<string, string>();

  set(host: string, failure: string): void {
    this.#failures.delete(host);
    this.#failures.set(host, failure);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MAX_HOSTS && oldest !== undefined) this.#failures.delete(oldest);
  }

  clear(host: string): void {
    this.#failures.delete(host);
  }

  get(host: string): string | undefined {
    return this.#failures.get(host);
  }
}
