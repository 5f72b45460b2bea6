import type { LlmReply } from "../../llm/llm.ts";
import { addReply, emptyMetrics, toSnapshot } from "../../llm/metrics.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { Condenser } from "../../wire/agent/condensers.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { ConversationStats, Metrics, MetricsSnapshot } from "../../wire/metrics.ts";

/** The lists of a model's single calls. They grow, so they are stored apart from the figures. */
type Calls = Pick<Metrics, "costs" | "response_latencies" | "token_usages">;
/** Calls by usage id. */
export type CallsByUsage = Record<string, Calls>;

/** Adds an entry of zeros for every model the agent may call that has none yet. */
export function openAccounts(stats: ConversationStats, agent: Pick<Agent, "llm" | "condenser">): void {
  for (const { usage_id, model } of modelsOf(agent)) {
    stats.usage_to_metrics[usage_id] ??= emptyMetrics(model);
  }
}

type NamedModel = Pick<LlmConfig, "usage_id" | "model">;

function modelsOf({ llm, condenser }: Pick<Agent, "llm" | "condenser">): NamedModel[] {
  return condenser === null ? [llm] : [llm, ...modelsOfCondenser(condenser)];
}

function modelsOfCondenser(condenser: Condenser): NamedModel[] {
  switch (condenser.kind) {
    case "LLMSummarizingCondenser":
      return [condenser.llm];
    case "PipelineCondenser":
      return condenser.condensers.flatMap(modelsOfCondenser);
    case "NoOpCondenser":
      return [];
  }
}

/** Adds one reply to the account of the usage id. `at` is in seconds since 1970. */
export function recordCall(
  stats: ConversationStats,
  call: { usageId: string; model: string; reply: LlmReply; at: number },
): void {
  const { usageId, model, reply, at } = call;
  stats.usage_to_metrics[usageId] ??= emptyMetrics(model);
  addReply(stats.usage_to_metrics[usageId], reply, at);
}

/** Returns the accumulated figures alone, as state updates show them and the document "stats" keeps them. */
export function toSnapshots(stats: ConversationStats): { usage_to_metrics: Record<string, MetricsSnapshot> } {
  return { usage_to_metrics: mapValues(stats.usage_to_metrics, toSnapshot) };
}

/** Returns the lists of single calls alone, as the document "calls" keeps them. */
export function toCalls(stats: ConversationStats): CallsByUsage {
  return mapValues(stats.usage_to_metrics, ({ costs, response_latencies, token_usages }) => ({
    costs,
    response_latencies,
    token_usages,
  }));
}

/** Joins figures and lists of calls. Without calls the lists are empty. */
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

/** Reads the document "calls" of a conversation in memory; undefined for one that is not there. Loads nothing. */
export type LiveCalls = (conversationId: string) => Promise<Record<string, string> | undefined>;

/**
 * Gives the record of a conversation that runs its lists of single model calls, which are stored at the end of a run.
 */
export async function withLiveCalls(
  record: ConversationRecord,
  callsOf: LiveCalls,
): Promise<ConversationRecord> {
  if (record.status !== "running") return record;
  const calls = await callsOf(record.id);
  return calls === undefined ? record : { ...record, documents: { ...record.documents, ...calls } };
}

function mapValues<A, B>(record: Record<string, A>, change: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
