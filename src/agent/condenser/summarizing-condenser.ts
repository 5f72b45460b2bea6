import { messageOf } from "../../errors.ts";
import type { Llm, LlmReply } from "../../llm/llm.ts";
import type { Condenser as CondenserConfig } from "../../wire/agent/condensers.ts";
import { text, textOf } from "../../wire/events/message.ts";
import { type Condenser, type NewCondensation, NoCondensation } from "../loop/condenser.ts";
import type { LoopContext, LoopView } from "../loop/extension.ts";
import { manipulationIndices } from "../view/manipulation-indices.ts";
import { bounded } from "../view/observation-content.ts";
import { isRemnant, type ViewEvent } from "../view/view-event.ts";
import { eventDigest, shorten } from "./event-digest.ts";
import { type ForgettingOptions, type Range, type Reasons, rangeToForget } from "./forgetting.ts";
import { PromptTokens } from "./prompt-tokens.ts";
import { summaryPrompt } from "./summary-prompt.ts";

/** Configuration of a condenser that lets a model summarise. */
export type SummarizingConfig = Extract<CondenserConfig, { kind: "LLMSummarizingCondenser" }>;

/** Forgets older events and lets a model summarise them. */
export class SummarizingCondenser implements Condenser {
  readonly handlesRequests = true;
  readonly #config: SummarizingConfig;
  readonly #llm: Llm;
  readonly #tokens = new PromptTokens();

  /** `llm` writes the summaries. */
  constructor(config: SummarizingConfig, llm: Llm) {
    this.#config = config;
    this.#llm = llm;
  }

  async condense(view: LoopView, context: LoopContext): Promise<NewCondensation | null> {
    const { events } = view;
    const reasons = await this.#reasons(view, context);
    const isHard = reasons.isRequested || reasons.excess !== null;
    if (!isHard && !reasons.isLong) return null;
    // A summary of the last summary alone would make no room.
    if (!reasons.isRequested && events.every(isRemnant)) return null;
    try {
      const range = rangeToForget(events, reasons, this.#forgetting);
      if (range === null) throw new NoCondensation("There is no part of the conversation to summarise");
      return await this.#summarise(events, range, context);
    } catch (error) {
      if (!(error instanceof NoCondensation)) throw error;
      return isHard ? this.#reset(events, context, error) : null;
    }
  }

  async #reasons({ events, condensationRequested }: LoopView, context: LoopContext): Promise<Reasons> {
    const limit = this.#limit(context);
    return {
      isRequested: condensationRequested,
      excess: limit === null ? null : await this.#tokens.excess(context, limit),
      isLong: events.length > this.#config.max_size,
    };
  }

  /** Tokens that a prompt may have; null when neither the configuration nor a reply of the model has said it. */
  #limit({ state }: LoopContext): number | null {
    const { llm } = state.agent;
    const reply = state.stats.usage_to_metrics[llm.usage_id]?.token_usages.at(-1);
    const limits = [this.#config.max_tokens, llm.max_input_tokens ?? reply?.context_window].filter(isSet);
    return limits.length === 0 ? null : Math.min(...limits);
  }

  get #forgetting(): ForgettingOptions {
    const { max_size: maxSize, keep_first: keepFirst, minimum_progress: minimumProgress } = this.#config;
    return { maxSize, keepFirst, minimumProgress };
  }

  /**
   * Summarises everything behind the system prompt, up to calls that wait for their results. Each attempt that fails
   * shows the model less of long events. Rejects with `reason` when all have failed.
   */
  async #reset(
    events: readonly ViewEvent[],
    context: LoopContext,
    reason: NoCondensation,
  ): Promise<NewCondensation> {
    const range = wholeRange(events);
    if (range.start >= range.end) throw reason;
    let longest = Math.max(...events.map((event) => eventDigest(event).length));
    for (let left = this.#config.hard_context_reset_max_retries; left > 0; left -= 1) {
      try {
        return await this.#summarise(events, range, context, longest);
      } catch (error) {
        if (!(error instanceof NoCondensation)) throw error;
        longest = Math.floor(longest * this.#config.hard_context_reset_context_scaling);
      }
    }
    throw reason;
  }

  /** Shows the model at most `longest` characters of an event. */
  async #summarise(
    events: readonly ViewEvent[],
    { start, end }: Range,
    { signal }: LoopContext,
    longest = Number.POSITIVE_INFINITY,
  ): Promise<NewCondensation> {
    const forgotten = events.slice(start, end);
    const messages = summaryPrompt(forgotten.map((event) => shorten(eventDigest(event), longest)));
    const reply = await this.#llm.complete({ messages, tools: [], signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new NoCondensation(`The model that summarises failed: ${messageOf(error)}`);
    });
    return {
      kind: "Condensation",
      source: "environment",
      forgotten_event_ids: forgotten.map(({ id }) => id),
      summary: summaryOf(reply),
      summary_offset: start,
      llm_response_id: reply.id,
    };
  }
}

/**
 * The first text of a reply, cut to the length that a tool result may have. Without a summary nothing may be forgotten.
 */
function summaryOf({ message }: LlmReply): string {
  const words = message.content.find((part) => part.type === "text")?.text.trim() ?? "";
  if (words === "") throw new NoCondensation("The model that summarises gave no summary");
  return textOf(bounded([text(words)]));
}

function wholeRange(events: readonly ViewEvent[]): Range {
  const start = events.findIndex(({ kind }) => kind === "SystemPromptEvent") + 1;
  return { start, end: manipulationIndices(events).at(-1) ?? 0 };
}

function isSet(limit: number | null | undefined): limit is number {
  return typeof limit === "number" && limit > 0;
}
