/** Sockets of one conversation, of every kind. */
const MAX_SOCKETS = 50;

/** Bounds the sockets of each conversation of a server. */
export class SocketPlaces {
  /** Number of sockets by conversation id. */
  readonly #counts = new Map<string, number>();

  /** Takes a place. Returns a function that gives it back, or undefined when there is none. */
  take(conversationId: string): (() => void) | undefined {
    const count = this.#counts.get(conversationId) ?? 0;
    if (count >= MAX_SOCKETS) return undefined;
    this.#counts.set(conversationId, count + 1);
    return () => this.#release(conversationId);
  }

  #release(conversationId: string): void {
    const count = this.#counts.get(conversationId) ?? 0;
    if (count > 1) this.#counts.set(conversationId, count - 1);
    else this.#counts.delete(conversationId);
  }
}
