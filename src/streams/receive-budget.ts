/** Limit on bytes received from one socket and not yet processed. Each message also counts `MESSAGE_COST`. */
const MAX_UNPROCESSED_BYTES = 32 * 1024 * 1024;
const MESSAGE_COST = 1024;

/** Bounds the messages of one client that are being processed. */
export class ReceiveBudget {
  #unprocessed = 0;

  /** Takes a message in. Returns a function that gives its share back, or undefined when there is no room. */
  take(data: string | Uint8Array): (() => void) | undefined {
    const cost = data.length + MESSAGE_COST;
    if (this.#unprocessed + cost > MAX_UNPROCESSED_BYTES) return undefined;
    this.#unprocessed += cost;
    return () => {
      this.#unprocessed -= cost;
    };
  }
}
