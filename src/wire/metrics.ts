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

const metricsSnapshot = z
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

/** Spending by `usage_id` ("default" is the agent's own model). */
export const conversationStats = z
  .object({ usage_to_metrics: z.record(z.string(), metrics).default({}) })
  .meta({ id: "ConversationStats" });

export type TokenUsage = z.output<typeof tokenUsage>;
export type MetricsSnapshot = z.output<typeof metricsSnapshot>;
export type Metrics = z.output<typeof metrics>;
export type ConversationStats = z.output<typeof conversationStats>;
