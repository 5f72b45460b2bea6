import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type PostOptions, postLetter } from "./post-letter.ts";
import type { Webhook } from "./webhook.ts";

/** Milliseconds of one request. */
const TIMEOUT = 10_000;

export interface WriteBackOptions extends Omit<PostOptions, "webhook"> {
  webhook: Webhook;
  logger: Logger;
  /** Aborts everything when the server does not wait any longer. */
  ending: AbortSignal;
}

/**
 * Sends OAuth tokens, which are never stored for that. A receiver that misses them has only tokens that are used up, so
 * that the request is repeated as others are. Never rejects.
 */
export async function writeBack(
  body: string,
  { webhook, logger, ending, ...post }: WriteBackOptions,
): Promise<void> {
  const letter = { id: `msg_${crypto.randomUUID()}`, path: "/mcp-oauth-state", body };
  for (let attempt = 0; attempt <= webhook.numRetries && !ending.aborted; attempt += 1) {
    try {
      const signal = AbortSignal.any([ending, AbortSignal.timeout(TIMEOUT)]);
      return await postLetter(letter, { ...post, webhook }, signal);
    } catch (error) {
      logger.warn({ error: messageOf(error) }, "New tokens of an MCP server have not reached a webhook");
    }
    if (attempt < webhook.numRetries)
      await wait(webhook.retryDelay * 1000, undefined, { signal: ending, ref: false }).catch(() => undefined);
  }
}
