import type { LlmReply } from "../llm/llm.ts";
import type { Agent } from "../wire/agent.ts";
import type { ConversationStats, Metrics, MetricsSnapshot, TokenUsage } from "../wire/metrics.ts";

/** Calls remembered one by one, for each usage id. The accumulated figures go on for ever. */
const MAX_CALLS = 1_000;

/** The lists of a model's single calls: they grow, so they are stored apart from the figures. */
export type Calls = Pick<Metrics, "costs" | "response_latencies" | "token_usages">;
export type CallsByUsage = Record<string, Calls>;

/** Adds an entry of zeros for every model the agent may call that has none yet. */
export function openAccounts(stats: ConversationStats, agent: Agent): void {
  for (const { usage_id, model } of modelsOf(agent)) {
    stats.usage_to_metrics[usage_id] ??= emptyMetrics(model);
  }
}

function modelsOf(agent: Agent): { usage_id: string; model: string }[] {
  const condenser = agent.condenser as { llm?: { usage_id: string; model: string } } | null;
  return condenser?.llm ? [agent.llm, condenser.llm] : [agent.llm];
}

/** Adds one reply to the account of the usage id. `at` is in seconds since 1970. */
export function recordCall(
  stats: ConversationStats,
  call: { usageId: string; model: string; reply: LlmReply; at: number },
): void {
  const { usageId, model, reply, at } = call;
  const metrics = stats.usage_to_metrics[usageId] ?? emptyMetrics(model);
  stats.usage_to_metrics[usageId] = metrics;
  metrics.accumulated_cost += reply.cost;
  if (reply.cost > 0) remember(metrics.costs, { model, cost: reply.cost, timestamp: at });
  remember(metrics.response_latencies, { model, latency: reply.latency, response_id: reply.id });
  if (reply.usage === null) return;
  const usage = toTokenUsage(model, reply, reply.usage);
  remember(metrics.token_usages, usage);
  metrics.accumulated_token_usage = added(metrics.accumulated_token_usage ?? emptyUsage(model), usage);
}

function remember<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > MAX_CALLS) list.shift();
}

function toTokenUsage(model: string, reply: LlmReply, usage: NonNullable<LlmReply["usage"]>): TokenUsage {
  return {
    model,
    ...usage,
    context_window: reply.contextWindow,
    per_turn_token: usage.prompt_tokens + usage.completion_tokens,
    response_id: reply.id,
  };
}

function added(sum: TokenUsage, usage: TokenUsage): TokenUsage {
  return {
    model: sum.model,
    prompt_tokens: sum.prompt_tokens + usage.prompt_tokens,
    completion_tokens: sum.completion_tokens + usage.completion_tokens,
    cache_read_tokens: sum.cache_read_tokens + usage.cache_read_tokens,
    cache_write_tokens: sum.cache_write_tokens + usage.cache_write_tokens,
    reasoning_tokens: sum.reasoning_tokens + usage.reasoning_tokens,
    context_window: Math.max(sum.context_window, usage.context_window),
    per_turn_token: usage.per_turn_token,
    response_id: "",
  };
}

/** The accumulated figures alone: what state updates carry and what is stored with each of them. */
export function toSnapshots(stats: ConversationStats): { usage_to_metrics: Record<string, MetricsSnapshot> } {
  return { usage_to_metrics: mapValues(stats.usage_to_metrics, toSnapshot) };
}

function toSnapshot(metrics: Metrics): MetricsSnapshot {
  const { model_name, accumulated_cost, max_budget_per_task, accumulated_token_usage } = metrics;
  return { model_name, accumulated_cost, max_budget_per_task, accumulated_token_usage };
}

export function toCalls(stats: ConversationStats): CallsByUsage {
  return mapValues(stats.usage_to_metrics, ({ costs, response_latencies, token_usages }) => ({
    costs,
    response_latencies,
    token_usages,
  }));
}

/** The whole again from its two halves; without calls the lists are empty. */
export function toStats(
  snapshots: { usage_to_metrics: Record<string, MetricsSnapshot> },
  calls: CallsByUsage,
): ConversationStats {
  const usage_to_metrics = mapValues(snapshots.usage_to_metrics, (snapshot, usageId) => ({
    ...snapshot,
    ...(calls[usageId] ?? { costs: [], response_latencies: [], token_usages: [] }),
  }));
  return { usage_to_metrics };
}

function emptyMetrics(model: string): Metrics {
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

function mapValues<A, B>(record: Record<string, A>, change: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
