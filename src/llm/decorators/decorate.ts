import { type Clock, systemClock } from "../../clock.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Llm } from "../llm.ts";
import type { ModelQuestions } from "../pricing.ts";
import { withMessageLimit } from "../prompt/with-message-limit.ts";
import { REPLY_LIMITS } from "../reply/reply-limits.ts";
import { type CompletionLog, withCompletionLog } from "./with-completion-log.ts";
import { withDeadline } from "./with-deadline.ts";
import { withLlmErrors } from "./with-llm-errors.ts";
import { withPrice } from "./with-price.ts";
import { withRefusedParts } from "./with-refused-parts.ts";
import { withReplyLimits } from "./with-reply-limits.ts";
import { type RetryPolicy, type Sleep, withRetry } from "./with-retry.ts";
import { withThinkTags } from "./with-think-tags.ts";

/** Options of `decorate`. */
export interface DecorateOptions extends ModelQuestions {
  /** Receives a warning for each failed attempt. Default: none. */
  logger?: Logger;
  /** Source of time and ids. Default: the system's. */
  clock?: Clock;
  /** Pauses between attempts. Default: a timer. */
  sleep?: Sleep;
  /** Receives every call of a configuration with `log_completions`. Default: no log. */
  onCompletion?: (log: CompletionLog) => void;
  /** Model for the attempts after an empty reply, not yet decorated. Default: the same. */
  afterNoResponse?: Llm;
}

/**
 * Gives a bare model what its configuration asks for: retries (`num_retries` and the `retry_*` fields), deadlines for
 * each attempt (`timeout`, `stream_idle_timeout`), price and context window, and a log of its calls
 * (`log_completions`). Errors of HTTP clients get their names, so that failed connections and rate limits are retried.
 * Replies with more than 1,000 tool calls, or with a text or arguments of more than 4 Mi characters, are refused.
 * Reasoning between `<think>` tags at the start of a text becomes reasoning of the reply. Parts of a prompt that the
 * provider refuses for good are left out, and texts longer than `max_message_chars` are cut in the middle, if that is
 * another than the usual one. The server does this with every model that its option `createLlm` returns. A model that
 * is `decorated` already is returned as it is.
 *
 * ```ts
 * const llm = decorate({ complete: askMyGateway }, config, { logger });
 * ```
 */
export function decorate(llm: Llm, config: LlmConfig, options: DecorateOptions = {}): Llm {
  if (llm.decorated) return llm;
  const {
    logger = silentLogger,
    clock = systemClock,
    sleep,
    onCompletion,
    askProxy,
    askWindow,
    afterNoResponse,
  } = options;
  const attempt = (one: Llm) => {
    const bounded = withReplyLimits(withThinkTags(withLlmErrors(one, clock)), REPLY_LIMITS);
    return withPrice(withDeadline(bounded, config), config, { askProxy, askWindow });
  };
  const retried = withRetry(attempt(llm), retryPolicy(config), {
    logger,
    ...(sleep && { sleep }),
    ...(afterNoResponse && { afterNoResponse: attempt(afterNoResponse) }),
  });
  const lasting = withMessageLimit(withRefusedParts(retried, logger), config);
  const isLogged = config.log_completions && onCompletion !== undefined;
  const decorated = isLogged ? withCompletionLog(lasting, config, { onCompletion, clock }) : lasting;
  return {
    get vision() {
      return decorated.vision;
    },
    get sideCalls() {
      return decorated.sideCalls;
    },
    decorated: true,
    complete: decorated.complete,
  };
}

function retryPolicy(config: LlmConfig): RetryPolicy {
  return {
    attempts: config.num_retries,
    multiplier: config.retry_multiplier,
    minWait: config.retry_min_wait,
    maxWait: config.retry_max_wait,
  };
}
