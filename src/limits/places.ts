import type { Account } from "./client.ts";
import { limitReached } from "./refusals.ts";

/** Something that takes place at one time and counts until it is released. */
export class Place {
  #leave: (() => void) | null;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  /** Gives the place back. Further calls change nothing. */
  release(): void {
    const leave = this.#leave;
    this.#leave = null;
    leave?.();
  }

  /** Moves the place into a new one. Releasing this one then changes nothing. */
  handOver(): Place {
    const leave = this.#leave ?? (() => {});
    this.#leave = null;
    return new Place(leave);
  }
}

/** Counts what each account has of one thing at this moment. */
export class Places {
  readonly #name: "sockets" | "runs";
  /** Seconds after which a refused caller may try again. */
  readonly #pause: number;
  readonly #taken = new Map<string, number>();

  constructor(name: "sockets" | "runs", pause: number) {
    this.#name = name;
    this.#pause = pause;
  }

  /**
   * Takes a place in each account, or in none.
   *
   * @throws AgentServerError `too_many_requests` for an account that has no place left
   */
  take(accounts: readonly Account[]): Place {
    const name = this.#name;
    const limited = accounts.filter(({ limits }) => limits[name] !== undefined);
    for (const account of limited) {
      const limit = account.limits[name] ?? 0;
      if ((this.#taken.get(account.name) ?? 0) < limit) continue;
      throw limitReached({ account, name, limit, seconds: this.#pause });
    }
    for (const account of limited) this.#count(account.name, 1);
    return new Place(() => {
      for (const account of limited) this.#count(account.name, -1);
    });
  }

  #count(name: string, by: 1 | -1): void {
    const taken = (this.#taken.get(name) ?? 0) + by;
    if (taken === 0) this.#taken.delete(name);
    else this.#taken.set(name, taken);
  }
}
