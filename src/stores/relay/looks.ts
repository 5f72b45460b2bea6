import type { FollowedLog } from "./followed-log.ts";
import type { LogReader } from "./log-reader.ts";

/** Milliseconds between looks at the store: a frame that was lost is at most this late, and a query. */
const LOOK_MS = 1_000;
/** Milliseconds in which hints that frames are lost share a look. */
const HINT_MS = 50;

export interface LooksOptions {
  readonly reader: LogReader;
  /** The logs that have followers. */
  logs(): readonly FollowedLog[];
}

/** Compares the followed logs with the store, all of them each second, and those at once of which frames may be lost. */
export class Looks {
  readonly #options: LooksOptions;
  readonly #hinted = new Set<FollowedLog>();
  #regular: ReturnType<typeof setTimeout> | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** Looks each second from now on. */
  start(): void {
    this.#regular ??= setTimeout(() => void this.#lookAtAll(), LOOK_MS).unref();
  }

  /** Looks at a log soon. */
  hint(log: FollowedLog): void {
    this.#hinted.add(log);
    this.#soon ??= setTimeout(() => void this.#lookAtHinted(), HINT_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#regular);
    clearTimeout(this.#soon);
    this.#regular = undefined;
    this.#soon = undefined;
    this.#hinted.clear();
  }

  async #lookAtAll(): Promise<void> {
    const timer = this.#regular;
    await this.#compare(this.#options.logs());
    // It may have been stopped, and started again.
    if (this.#regular !== timer) return;
    this.#regular = undefined;
    this.start();
  }

  async #lookAtHinted(): Promise<void> {
    const timer = this.#soon;
    const logs = [...this.#hinted];
    this.#hinted.clear();
    await this.#compare(logs);
    if (this.#soon !== timer) return;
    this.#soon = undefined;
    const [next] = this.#hinted;
    if (next !== undefined) this.hint(next);
  }

  /** Never rejects: when the store fails, the next look sees what this one would have. */
  async #compare(logs: readonly FollowedLog[]): Promise<void> {
    const asked = logs.flatMap((log) => log.ask() ?? []);
    if (asked.length === 0) return;
    try {
      const records = await this.#options.reader.records(asked.map(({ log }) => log.conversationId));
      for (const { log, next } of asked) log.compare(next, records.get(log.conversationId));
    } catch {
      // The reader has reported it.
    }
  }
}
