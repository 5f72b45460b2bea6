import { messageOf } from "../../errors.ts";
import type { FrameFeed } from "../../stores/relay/frame-feed.ts";
import { type BrokerFeedOptions, brokerDefaults, MAX_PENDING } from "./broker-feed-options.ts";

/** The part of a client of the package `redis` or `@redis/client` that the feed uses. */
export interface RedisClient {
  /** Whether commands are sent at once. */
  readonly isReady: boolean;
  /** Makes another client with the same options but these. */
  duplicate(options?: { disableOfflineQueue: boolean }): RedisClient;
  /** Connects, and again after each loss. */
  connect(): Promise<unknown>;
  /** Sends a message to the subscribers of a channel. */
  publish(channel: string, message: string): Promise<unknown>;
  /** Calls the listener with each message of a channel, also after a loss of the connection. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Ends a subscription. */
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Adds a listener. */
  on(event: "ready" | "error", listener: (error?: unknown) => void): unknown;
  /** Ends the connection at once. */
  destroy(): void;
}

/**
 * Makes a feed over the channels of a Redis or Valkey server. The client is only a pattern: the feed makes two
 * connections like it and ends them itself. Anyone who may publish there can show false frames to watchers.
 *
 * @example
 * ```ts
 * import { createClient } from "redis";
 *
 * const feed = redisFeed(createClient({ url: "redis://10.0.0.9" }));
 * ```
 */
export function redisFeed(client: RedisClient, options: BrokerFeedOptions = {}): FrameFeed {
  const { prefix, logger } = brokerDefaults(options);
  // A frame that waited for Redis to come back is of no use: by then the store was looked into.
  const publisher = client.duplicate({ disableOfflineQueue: true });
  const subscriber = client.duplicate();
  const takers = new Map<(message: string) => void, () => void>();
  let pending = 0;
  let isReported = false;
  const report = (error: unknown) => {
    if (!isReported)
      logger.warn({ error: messageOf(error) }, "Redis fails; events of other servers are late");
    isReported = true;
  };
  for (const connection of [publisher, subscriber]) {
    connection.on("error", report);
    // It goes on trying, and reports why.
    connection.connect().catch(report);
  }
  subscriber.on("ready", () => {
    isReported = false;
    for (const look of takers.values()) look();
  });
  return {
    publish(name, text) {
      if (!publisher.isReady || pending > MAX_PENDING) return;
      const message = text();
      pending += message.length;
      const sent = publisher.publish(`${prefix}:${name}`, message).catch(() => undefined);
      void sent.then(() => (pending -= message.length));
    },
    follow(name, take) {
      const channel = `${prefix}:${name}`;
      const taker = (message: string) => take(message);
      takers.set(taker, () => take(undefined));
      subscriber.subscribe(channel, taker).catch(report);
      return () => {
        if (takers.delete(taker)) subscriber.unsubscribe(channel, taker).catch(report);
      };
    },
    async close() {
      takers.clear();
      publisher.destroy();
      subscriber.destroy();
    },
  };
}
