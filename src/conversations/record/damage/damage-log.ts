import { messageOf } from "../../../errors.ts";
import type { Logger } from "../../../logger.ts";

/** Number of damaged parts that are remembered, so that each is logged once. */
const MAX_REMEMBERED = 10_000;

/** Logs damaged parts of stored conversations, each part once in the life of the server. */
export class DamageLog {
  readonly #logger: Logger;
  readonly #logged = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Logs that a part, such as `document "stats"`, is damaged. */
  report(conversationId: string, part: string, error?: unknown): void {
    const key = `${conversationId} ${part}`;
    if (this.#logged.has(key)) return;
    if (this.#logged.size >= MAX_REMEMBERED) this.#logged.clear();
    this.#logged.add(key);
    this.#logger.error(
      { conversation_id: conversationId, part, ...(error !== undefined && { error: messageOf(error) }) },
      "A part of a conversation is damaged in the store",
    );
  }
}
