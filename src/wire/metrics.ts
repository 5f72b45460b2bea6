import { z } from "zod";
import { nullable } from "./nullable.ts";

const count = z.int().default(0);

const tokenUsage = z
  .object({
    model: z.string().default(""),
    prompt_tokens: count,
    completion_tokens: count,
    cache_read_tokens: count,
    cache_write_tokens: count,
    reasoning_tokens: count,
    context_window: count,
    per_turn_token: count,
    response_id: z.string().default(""),
  })
  .meta({ id: "TokenUsage" });

export const metricsSnapshot = z
  .object({
    model_name: z.string().default("default"),
    accumulated_cost: z.number().default(0).describe("US dollars"),
    max_budget_per_task: nullable(z.number()),
    accumulated_token_usage: tokenUsage.nullable(),
  })
  .meta({ id: "MetricsSnapshot" });

export const metrics = metricsSnapshot
  .extend({
    costs: z.array(z.object({ model: z.string(), cost: z.number(), timestamp: z.number() })).default([]),
    response_latencies: z
      .array(z.object({ model: z.string(), latency: z.number(), response_id: z.string() }))
      .default([]),
    token_usages: z.array(tokenUsage).default([]),
  })
  .meta({ id: "Metrics" });

/** Cost and tokens by `usage_id`; "default" is the agent's model. */
export const conversationStats = z
  .object({ usage_to_metrics: z.record(z.string(), metrics).default({}) })
  .meta({ id: "ConversationStats" });

/** Tokens of one model call, or the sum of several. */
export type TokenUsage = z.output<typeof tokenUsage>;
/** Totals of cost and tokens, without the single calls. */
export type MetricsSnapshot = z.output<typeof metricsSnapshot>;
/** Totals of cost and tokens, and the figures of each call. */
export type Metrics = z.output<typeof metrics>;
/** Cost and tokens by `usage_id`; "default" is the agent's model. */
export type ConversationStats = z.output<typeof conversationStats>;
