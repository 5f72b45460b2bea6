import type { Ownership } from "../../stores/ownership.ts";

/** Milliseconds between two looks at a node that has a request. */
const PERIOD = 1_000;

/**
 * Watches nodes while they have requests: one that hangs keeps its connections, and only the store knows that it counts
 * as dead. One look serves all requests.
 */
export class LivingNodes {
  readonly #ownership: Pick<Ownership, "nodes">;
  readonly #watched = new Map<AbortController, number>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(ownership: Pick<Ownership, "nodes">) {
    this.#ownership = ownership;
  }

  /** A signal that aborts when a node lives no longer, and a function that ends the watch. */
  watch(node: number): { signal: AbortSignal; end(): void } {
    const died = new AbortController();
    this.#watched.set(died, node);
    this.#timer ??= setInterval(() => void this.#look(), PERIOD);
    return { signal: died.signal, end: () => this.#end(died) };
  }

  /** A store that does not answer says nothing about nodes. */
  async #look(): Promise<void> {
    const nodes = await this.#ownership.nodes().catch(() => undefined);
    if (nodes === undefined) return;
    const living = new Set(nodes.map(({ node }) => node));
    for (const [died, node] of this.#watched) {
      if (!living.has(node)) died.abort(new Error("the node counts as dead"));
    }
  }

  #end(died: AbortController): void {
    this.#watched.delete(died);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
