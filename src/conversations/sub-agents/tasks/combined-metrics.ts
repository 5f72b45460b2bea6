import { emptyMetrics, sumOfUsage } from "../../../llm/metrics.ts";
import type { ConversationStats, Metrics } from "../../../wire/metrics.ts";

/** Newest entries kept of each list. */
const HISTORY = 1_000;

/** Name of a sum of several models. */
const SEVERAL = "default";

/** Usage id of a task at the conversation that gave it. */
export function usageOf(taskId: string): string {
  return `task:${taskId}`;
}

/** Adds up the figures of all models of a conversation, those of its sub-agents too. */
export function combinedMetrics({ usage_to_metrics: accounts }: ConversationStats): Metrics {
  const sum = emptyMetrics(SEVERAL);
  for (const metrics of Object.values(accounts)) {
    sum.accumulated_cost += metrics.accumulated_cost;
    sum.max_budget_per_task ??= metrics.max_budget_per_task;
    sum.accumulated_token_usage = sumOfUsage(sum.accumulated_token_usage, metrics.accumulated_token_usage);
    sum.costs.push(...metrics.costs);
    sum.response_latencies.push(...metrics.response_latencies);
    sum.token_usages.push(...metrics.token_usages);
  }
  const { costs, response_latencies, token_usages } = sum;
  return {
    ...sum,
    costs: costs.slice(-HISTORY),
    response_latencies: response_latencies.slice(-HISTORY),
    token_usages: token_usages.slice(-HISTORY),
  };
}
