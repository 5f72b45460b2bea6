/**
 * Carries texts between the processes that share a store, by the name of what they are about. Only speed depends on it:
 * it may lose, repeat and reorder anything, because a relay completes what it gets from the store. Who can write to a
 * feed can show false frames to watchers, so it belongs into a network of trust or behind credentials.
 */
export interface FrameFeed {
  /** Length past which a text is not published, in UTF-16 code units. Default: 4 Mi. */
  readonly maxLength?: number | undefined;
  /**
   * Sends a text to the other processes that follow the name. It may come back to this one, too. Never throws, never
   * waits and keeps nothing without a bound. `text` is called only when the text is sent.
   */
  publish(name: string, text: () => string): void;
  /**
   * Calls `take` with what others publish, and with undefined when something may be lost, as after a broken connection:
   * then the store is looked into at once. Returns a function that ends this.
   */
  follow(name: string, take: (text: string | undefined) => void): () => void;
  /** Ends connections. Nothing is published or taken afterwards. */
  close?(): Promise<void>;
}
