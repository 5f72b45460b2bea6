import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Message, ThinkingBlock } from "../../wire/events/message.ts";
import type { Capabilities } from "../capabilities.ts";
import { thoughtSignature } from "../thought-signature.ts";

/** Smallest thinking budget that Anthropic accepts, in tokens. */
const MIN_THINKING_BUDGET = 1024;

/** Thinking budgets in tokens by effort, for models that know budgets only. */
const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
};

/**
 * Whether Claude may think within a budget: it refuses to where the calls that it is to go on from come without the
 * thinking that led to them, such as those of another model.
 */
export function mayThink(
  messages: readonly Message[],
  { unsignedThinking }: Pick<Capabilities, "unsignedThinking">,
): boolean {
  const last = messages.findLast(({ role, tool_calls: calls }) => role === "assistant" && calls?.length);
  const isOpen = last !== undefined && messages.at(-1)?.role === "tool";
  const isSent = (block: ThinkingBlock) =>
    block.type === "redacted_thinking"
      ? thoughtSignature(block) === undefined
      : unsignedThinking || Boolean(block.signature);
  return !isOpen || (last.thinking_blocks ?? []).some(isSent);
}

/** Returns the fields by which Claude thinks, in a reply of at most `limit` tokens. */
export function thinkingFields(
  config: LlmConfig,
  capabilities: Capabilities,
  limit: number,
): Record<string, unknown> {
  const { reasoning_effort: effort, extended_thinking_budget: configured } = config;
  if (capabilities.thinking === "adaptive") {
    if (effort === null || effort === "none") return {};
    const accepted = effort === "minimal" ? "low" : effort;
    return { thinking: { type: "adaptive", display: "summarized" }, output_config: { effort: accepted } };
  }
  const wanted = capabilities.thinking === "manual" ? configured : effortBudget(effort, capabilities);
  const budget = Math.min(wanted ?? 0, limit - 1);
  return budget >= MIN_THINKING_BUDGET ? { thinking: { type: "enabled", budget_tokens: budget } } : {};
}

function effortBudget(effort: string | null, capabilities: Capabilities): number | null {
  return capabilities.reasoningEffort && effort !== null ? (BUDGETS[effort] ?? null) : null;
}
