import { type Logger, silentLogger } from "../../logger.ts";

/** Further options of a feed over a broker. */
export interface BrokerFeedOptions {
  /** Beginning of the names of channels. Default: `agent-server`. */
  prefix?: string | undefined;
  /** Receives the first error of each outage. Default: none. */
  logger?: Logger | undefined;
}

/** Length of the texts that wait for a broker, past which texts are dropped, in UTF-16 code units. */
export const MAX_PENDING = 16 * 1024 * 1024;

export function brokerDefaults({ prefix = "agent-server", logger = silentLogger }: BrokerFeedOptions) {
  return { prefix, logger };
}
