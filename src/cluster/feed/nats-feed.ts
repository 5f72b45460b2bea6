import type { FrameFeed } from "../../stores/relay/frame-feed.ts";
import { type BrokerFeedOptions, brokerDefaults, MAX_PENDING } from "./broker-feed-options.ts";

/** Bytes of a message that every NATS server takes by default, and of one UTF-16 code unit at most. */
const [MAX_PAYLOAD, MAX_UNIT] = [1024 * 1024, 3];

/** The part of a connection of the package `@nats-io/transport-node` or `nats` that the feed uses. */
export interface NatsConnection {
  /** Limits of the server. */
  readonly info?: { readonly max_payload: number } | undefined;
  /** Whether the connection has ended for good. */
  isClosed(): boolean;
  /** Sends a message to the subscribers of a subject. */
  publish(subject: string, payload: string): void;
  /** Calls back with each message of a subject, also after a loss of the connection. */
  subscribe(
    subject: string,
    options: { callback(error: Error | null, message: { string(): string }): void },
  ): { unsubscribe(): void };
  /** Resolves when the server has everything. */
  flush(): Promise<void>;
  /** Yields changes of the connection until it is closed. */
  status(): AsyncIterable<{ type: string }>;
}

/**
 * Makes a feed over the subjects of NATS. The connection stays the caller's, who closes it after the server, and should
 * reconnect without end. Anyone who may publish there can show false frames to watchers.
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 *
 * const feed = natsFeed(await connect({ servers: "nats://10.0.0.9", maxReconnectAttempts: -1 }));
 * ```
 */
export function natsFeed(connection: NatsConnection, options: BrokerFeedOptions = {}): FrameFeed {
  const { prefix, logger } = brokerDefaults(options);
  const looks = new Map<object, () => void>();
  let isConnected = true;
  let pending = 0;
  let isFlushing = false;
  const flush = async (counted = pending) => {
    isFlushing = true;
    await connection.flush().catch(() => undefined);
    pending -= counted;
    isFlushing = false;
  };
  const follow = async () => {
    for await (const { type } of connection.status()) {
      if (type !== "disconnect" && type !== "reconnect") continue;
      isConnected = type === "reconnect";
      if (isConnected) for (const look of looks.values()) look();
      else logger.warn({}, "NATS is away; events of other servers are late");
    }
    logger.warn({}, "The connection to NATS is closed; events of other servers stay late");
  };
  void follow();
  return {
    maxLength: Math.floor((connection.info?.max_payload ?? MAX_PAYLOAD) / MAX_UNIT),
    publish(name, text) {
      if (!isConnected || connection.isClosed() || pending > MAX_PENDING) return;
      const payload = text();
      pending += payload.length;
      connection.publish(`${prefix}.${name}`, payload);
      if (!isFlushing) void flush();
    },
    follow(name, take) {
      if (connection.isClosed()) return () => {};
      const callback = (error: Error | null, message: { string(): string }) =>
        take(error === null ? message.string() : undefined);
      const subscription = connection.subscribe(`${prefix}.${name}`, { callback });
      looks.set(subscription, () => take(undefined));
      return () => {
        if (looks.delete(subscription)) subscription.unsubscribe();
      };
    },
  };
}
