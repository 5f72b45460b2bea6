import { messageOf } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import type { Observer, OutgoingBegun, ServerSample, Work, WorkObserver, WorkWatch } from "./observer.ts";

/** A piece of work, and how its result is described. */
export interface Watched<T, End> {
  /** Begins the work. */
  work(): Promise<T>;
  /** Describes its result. Called where something watches. */
  ended(result: T): End;
}

/** The observers of one server as one. */
export class Observers {
  readonly #list: readonly Observer[];
  readonly #logger: Logger;
  /** Kinds whose failure was reported. */
  readonly #reported = new Set<string>();

  constructor(list: readonly Observer[], logger: Logger = silentLogger) {
    this.#list = list;
    this.#logger = logger;
  }

  /** Whether any observer watches work of a kind. */
  watches(kind: keyof Work): boolean {
    return this.#list.some((observer) => observer[kind] !== undefined);
  }

  /** Does a piece of work, watched. Settles as the work. */
  watch<K extends keyof Work, T>(
    kind: K,
    begun: Work[K]["begun"],
    { work, ended }: Watched<T, Work[K]["ended"]>,
  ): Promise<T> {
    const watches = this.#begin(kind, begun);
    return watches.length === 0 ? work() : this.#through(watches, { kind, work, ended });
  }

  /** Tells the observers what server they watch. */
  attach(sample: () => ServerSample): void {
    for (const observer of this.#list) observer.server?.(sample);
  }

  /** Tells the observers that a limit has refused something. */
  limited(limit: string): void {
    for (const observer of this.#list) this.#safely("limited", () => observer.limited?.(limit));
  }

  /** The headers of all observers. Names in lower case; of one name the last counts. */
  traceHeaders(request: OutgoingBegun): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    for (const observer of this.#list) {
      Object.assign(
        headers,
        this.#safely("traceHeaders", () => observer.traceHeaders?.(request)),
      );
    }
    return headers;
  }

  #begin<K extends keyof Work>(kind: K, begun: Work[K]["begun"]): WorkWatch<Work[K]["ended"]>[] {
    const watches: WorkWatch<Work[K]["ended"]>[] = [];
    for (const observer of this.#list) {
      const begin: WorkObserver[K] = observer[kind];
      const watch = begin && this.#safely(kind, () => begin.call(observer, begun));
      if (watch !== undefined) watches.push(watch);
    }
    return watches;
  }

  async #through<T, End>(
    watches: readonly WorkWatch<End>[],
    { kind, work, ended }: Watched<T, End> & { kind: string },
  ): Promise<T> {
    const nested = watches.reduceRight<() => Promise<T>>(
      (inner, watch) => (watch.around === undefined ? inner : () => this.#within(watch, { kind, inner })),
      work,
    );
    let result: T;
    try {
      result = await nested();
    } catch (error) {
      for (const watch of watches) this.#safely(kind, () => watch.failed?.(error));
      throw error;
    }
    const end = this.#safely(kind, () => ended(result));
    if (end !== undefined) for (const watch of watches) this.#safely(kind, () => watch.ended?.(end));
    return result;
  }

  /** Begins work within a watch: once, whatever the watch does. */
  #within<T, End>(
    watch: WorkWatch<End>,
    { kind, inner }: { kind: string; inner: () => Promise<T> },
  ): Promise<T> {
    let begun: Promise<T> | undefined;
    const begin = () => {
      // What the work throws at once must not look like a failure of the watch.
      begun ??= (async () => inner())();
      return begun;
    };
    this.#safely(kind, () => watch.around?.(begin));
    return begin();
  }

  /** Keeps the work from ending with those who watch it. */
  #safely<T>(kind: string, call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      if (!this.#reported.has(kind)) {
        this.#reported.add(kind);
        this.#logger.error({ kind, error: messageOf(error) }, "An observer has failed");
      }
      return undefined;
    }
  }
}

/** Watches nothing. */
export const NO_OBSERVERS = new Observers([]);
