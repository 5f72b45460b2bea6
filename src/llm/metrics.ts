import type { Metrics, MetricsSnapshot, TokenUsage } from "../wire/metrics.ts";
import type { LlmReply, LlmUsage } from "./llm.ts";
import { reportedCost } from "./reply/reported-cost.ts";
import { tokenCount } from "./reply/token-count.ts";

/** Newest entries kept of each list. The sums count all entries. */
const HISTORY = 1000;

/** Metrics before the first call. Every entry carries `model`, the name in the configuration. */
export function emptyMetrics(model: string): Metrics {
  return {
    model_name: model,
    accumulated_cost: 0,
    max_budget_per_task: null,
    accumulated_token_usage: emptyUsage(model),
    costs: [],
    response_latencies: [],
    token_usages: [],
  };
}

/**
 * Adds one reply, in place because the lists are long and every step adds to them. A reply without cost adds no entry
 * to `costs`, a reply without tokens none to `token_usages`. Entries name the model that has answered. `at` is in seconds since 1970.
 */
export function addReply(metrics: Metrics, reply: LlmReply, at: number): void {
  const model = reply.bookedModel ?? metrics.model_name;
  const cost = reportedCost(reply.cost) ?? 0;
  metrics.accumulated_cost += cost;
  if (cost > 0) remember(metrics.costs, { model, cost, timestamp: at });
  const latency = Number.isFinite(reply.latency) ? reply.latency : 0;
  remember(metrics.response_latencies, { model, latency, response_id: reply.id });
  if (reply.usage === null) return;
  const usage = toTokenUsage(reply, reply.usage, model);
  if (usage.per_turn_token === 0) return;
  remember(metrics.token_usages, usage);
  const total = metrics.accumulated_token_usage ?? emptyUsage(metrics.model_name);
  metrics.accumulated_token_usage = sumOfUsage(total, usage);
}

function remember<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > HISTORY) list.shift();
}

/** Copies the four sums without the lists, as sockets and events carry them. */
export function toSnapshot(metrics: Metrics): MetricsSnapshot {
  const { model_name, accumulated_cost, max_budget_per_task, accumulated_token_usage } = metrics;
  return { model_name, accumulated_cost, max_budget_per_task, accumulated_token_usage };
}

/** Counters that cannot be are 0: one of a host's own model would spoil the sums for ever. */
function toTokenUsage(reply: LlmReply, reported: LlmUsage, model: string): TokenUsage {
  const usage = {
    prompt_tokens: tokenCount(reported.prompt_tokens),
    completion_tokens: tokenCount(reported.completion_tokens),
    cache_read_tokens: tokenCount(reported.cache_read_tokens),
    cache_write_tokens: tokenCount(reported.cache_write_tokens),
    reasoning_tokens: tokenCount(reported.reasoning_tokens),
  };
  return {
    ...usage,
    model,
    context_window: tokenCount(reply.contextWindow),
    per_turn_token: usage.prompt_tokens + usage.completion_tokens,
    response_id: reply.id,
  };
}

/** Adds up the counters, and keeps the widest window and the newest turn. null counts nothing. */
export function sumOfUsage(total: TokenUsage | null, usage: TokenUsage | null): TokenUsage | null {
  if (total === null || usage === null) return total ?? usage;
  return {
    model: total.model,
    prompt_tokens: total.prompt_tokens + usage.prompt_tokens,
    completion_tokens: total.completion_tokens + usage.completion_tokens,
    cache_read_tokens: total.cache_read_tokens + usage.cache_read_tokens,
    cache_write_tokens: total.cache_write_tokens + usage.cache_write_tokens,
    reasoning_tokens: total.reasoning_tokens + usage.reasoning_tokens,
    context_window: Math.max(total.context_window, usage.context_window),
    per_turn_token: usage.per_turn_token,
    response_id: total.response_id,
  };
}

function emptyUsage(model: string): TokenUsage {
  return {
    model,
    prompt_tokens: 0,
    completion_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    context_window: 0,
    per_turn_token: 0,
    response_id: "",
  };
}
