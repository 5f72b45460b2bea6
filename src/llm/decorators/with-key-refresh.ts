import { messageOf } from "../../errors.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import { untilAborted } from "../../waiting.ts";
import type { Llm } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { withComplete } from "./with-complete.ts";

/** Where models at certain addresses get a new key when their provider rejects the old one. */
export interface KeyRefresh {
  /** Addresses of models, as in `base_url`. Models elsewhere keep their key. */
  baseUrls: readonly string[];
  /** Looks the key up. Blank: there is none. A failure leaves the model its key. */
  lookUp(): Promise<string>;
}

/** Options of `withKeyRefresh`. */
export interface KeyRefreshOptions {
  /** The key that the model has. */
  key: string | null;
  lookUp: KeyRefresh["lookUp"];
  /** Makes the same model with another key. */
  withKey(key: string): Llm;
  /** Receives a warning when a key is looked up, and when that fails. Default: none. */
  logger?: Logger;
}

/**
 * Looks up a new key when the provider rejects the one in use, and repeats the call once with it. The model keeps the
 * new key. Calls that are rejected at one time share a look-up. Rejects with the provider's refusal when there is no
 * other key.
 */
export function withKeyRefresh(llm: Llm, options: KeyRefreshOptions): Llm {
  const { lookUp, withKey, logger = silentLogger } = options;
  let current = { llm, key: options.key };
  let renewal: Promise<void> | null = null;

  async function renew(): Promise<void> {
    logger.warn({}, "a model's key was rejected, looking up a new one");
    try {
      const key = (await lookUp()).trim();
      if (key !== "" && key !== current.key) current = { llm: withKey(key), key };
    } catch (error) {
      logger.warn({ error: messageOf(error) }, "no new key for a model could be looked up");
    }
  }

  return withComplete(llm, async (request) => {
    const used = current;
    try {
      return await used.llm.complete(request);
    } catch (error) {
      if (!isRejected(error)) throw error;
      if (used === current) {
        renewal ??= renew().finally(() => {
          renewal = null;
        });
        await untilAborted(renewal, request.signal);
      }
      if (used === current) throw error;
      request.onRestart?.();
      return current.llm.complete(request);
    }
  });
}

/** Whether the provider has answered that it does not accept the key. */
function isRejected(error: unknown): boolean {
  return LlmError.is(error) && error.name === "LLMAuthenticationError" && error.status !== undefined;
}
