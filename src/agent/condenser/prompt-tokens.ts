import type { ToolSchema } from "../../llm/llm.ts";
import { type CountTokens, estimateTokens, loadTokenizer } from "../../llm/tokens/tokenizer.ts";
import { type Message, textOf } from "../../wire/events/message.ts";
import type { LoopContext } from "../loop/extension.ts";
import type { ViewEvent } from "../view/view-event.ts";
import { messageOfViewEvent } from "../view/view-message.ts";

/** Tokens of a message in addition to its texts: its role and what separates it from the next. */
const PER_MESSAGE = 4;
/** Tokens of an image; providers scale larger ones down. */
const PER_IMAGE = 1_500;
/** Times by which a provider's count may exceed our own before it is not believed. */
const MAX_ERROR = 4;

/** A prompt that is longer than allowed. */
export interface Excess {
  /** Number of tokens that have to go, so that half of the limit is left. */
  surplus: number;
  /** Tokens of one event, in the same measure. */
  tokensOf(event: ViewEvent): number;
}

/** A text that is measured once. Arrays of tools and messages never change in place. */
type Measured = Message | readonly ToolSchema[];

/**
 * Counts the tokens of prompts. What the provider counted for the newest reply comes first, then what a tokenizer
 * counts of the messages since. Both are asked only when the number of bytes, which is known at once, does not settle
 * it: the cost of a step does not grow with the log, and short conversations load no tokenizer.
 */
export class PromptTokens {
  #bytes = new WeakMap<Measured, number>();
  #tokens = new WeakMap<Measured, number>();
  #tokenizer: { model: string; count: Promise<CountTokens> } | null = null;

  /** Resolves with the excess over `limit` tokens; null when the prompt with its tools is not longer. */
  async excess(context: LoopContext, limit: number): Promise<Excess | null> {
    const { measured, rest } = this.#parts(context);
    // No text has more tokens than bytes.
    const most = rest.reduce((sum, part) => sum + this.#of(part, this.#bytes, byteLength), measured);
    if (most <= limit) return null;
    const count = await this.#load(context);
    const sumOf = (parts: readonly Measured[]) =>
      parts.reduce((sum, part) => sum + this.#of(part, this.#tokens, count), 0);
    const total = measured + sumOf(rest);
    if (total <= limit) return null;
    const own = sumOf([context.tools.schemas, ...context.view.messages()]);
    if (own * MAX_ERROR <= limit) return null;
    const scale = total / own;
    return {
      surplus: total - Math.floor(limit / 2),
      tokensOf: (event) =>
        scale *
        sumOf([
          messageOfViewEvent(event),
          ...(event.kind === "SystemPromptEvent" ? [context.tools.schemas] : []),
        ]),
    };
  }

  /** The tokens that the provider has counted, and the parts of the prompt that have come since. */
  #parts({ view, state, tools }: LoopContext): { measured: number; rest: readonly Measured[] } {
    const messages = view.messages();
    const { usage_to_metrics: accounts } = state.stats;
    const usages = accounts[state.agent.llm.usage_id]?.token_usages ?? [];
    const usage = usages.findLast(({ response_id: id }) => id === view.measuredReply);
    const last = messages.findLastIndex(({ role }) => role === "assistant");
    if (view.measuredReply === null || usage === undefined || last === -1) {
      return { measured: 0, rest: [tools.schemas, ...messages] };
    }
    return { measured: usage.per_turn_token, rest: messages.slice(last + 1) };
  }

  #of(part: Measured, known: WeakMap<Measured, number>, count: CountTokens): number {
    let size = known.get(part);
    if (size === undefined) {
      size = sizeOf(part, count);
      known.set(part, size);
    }
    return size;
  }

  async #load({ state }: LoopContext): Promise<CountTokens> {
    const { llm } = state.agent;
    const model = llm.model_canonical_name ?? llm.model;
    if (this.#tokenizer?.model !== model) {
      this.#tokens = new WeakMap();
      // A count that is roughly right is better than a run that ends.
      this.#tokenizer = { model, count: loadTokenizer(llm).catch(() => estimateTokens) };
    }
    return this.#tokenizer.count;
  }
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function sizeOf(part: Measured, count: CountTokens): number {
  if (!("role" in part)) return count(JSON.stringify(part));
  const { content, tool_calls: calls, thinking_blocks: thoughts } = part;
  const images = content.filter(({ type }) => type === "image").length;
  const texts = [
    textOf(content),
    ...(calls ?? []).flatMap(({ name, arguments: json }) => [name, json]),
    ...(thoughts ?? []).map((block) => (block.type === "thinking" ? block.thinking : block.data)),
  ];
  return texts.reduce((sum, text) => sum + count(text), PER_MESSAGE + images * PER_IMAGE);
}
