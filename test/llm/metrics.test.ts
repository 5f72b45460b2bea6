import { describe, expect, it } from "vitest";
import type { LlmReply } from "../../src/llm/llm.ts";
import { addReply, emptyMetrics, toSnapshot } from "../../src/llm/metrics.ts";
import { metrics as metricsSchema } from "../../src/wire/metrics.ts";

function reply(rest: Partial<LlmReply> = {}): LlmReply {
  return {
    message: { role: "assistant", content: [] },
    id: "r1",
    model: "gpt-4o-2024-08-06",
    usage: {
      prompt_tokens: 100,
      completion_tokens: 10,
      cache_read_tokens: 50,
      cache_write_tokens: 5,
      reasoning_tokens: 3,
    },
    cost: 0.5,
    contextWindow: 128_000,
    latency: 1.5,
    ...rest,
  };
}

describe("metrics", () => {
  it("add up, with the newest turn and the widest window", () => {
    const metrics = emptyMetrics("openai/gpt-4o");
    addReply(metrics, reply(), 1000);
    addReply(metrics, reply({ id: "r2", contextWindow: 1000, cost: 0.25 }), 2000);
    expect(toSnapshot(metrics)).toEqual({
      model_name: "openai/gpt-4o",
      accumulated_cost: 0.75,
      max_budget_per_task: null,
      accumulated_token_usage: {
        model: "openai/gpt-4o",
        prompt_tokens: 200,
        completion_tokens: 20,
        cache_read_tokens: 100,
        cache_write_tokens: 10,
        reasoning_tokens: 6,
        context_window: 128_000,
        per_turn_token: 110,
        response_id: "",
      },
    });
    expect(metrics.costs).toEqual([
      { model: "openai/gpt-4o", cost: 0.5, timestamp: 1000 },
      { model: "openai/gpt-4o", cost: 0.25, timestamp: 2000 },
    ]);
    expect(metrics.token_usages.map((usage) => usage.response_id)).toEqual(["r1", "r2"]);
    expect(metricsSchema.parse(metrics)).toEqual(metrics);
  });

  it("list no cost for what was free and no usage that was not reported", () => {
    const metrics = emptyMetrics("m");
    addReply(metrics, reply({ cost: 0, usage: null }), 0);
    expect(metrics).toMatchObject({ costs: [], token_usages: [], response_latencies: [{ latency: 1.5 }] });
  });

  it("list no usage for a reply without tokens", () => {
    const metrics = emptyMetrics("m");
    const none = { prompt_tokens: 0, completion_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };
    addReply(metrics, reply({ usage: { ...none, reasoning_tokens: 0 } }), 0);
    expect(metrics.token_usages).toEqual([]);
  });

  it.each([Number.NaN, -5, Number.POSITIVE_INFINITY, 1e300])(
    "are not spoilt by figures that cannot be: %s",
    (wrong) => {
      const metrics = emptyMetrics("m");
      const usage = {
        prompt_tokens: wrong,
        completion_tokens: 10,
        cache_read_tokens: wrong,
        cache_write_tokens: wrong,
        reasoning_tokens: wrong,
      };
      addReply(metrics, reply({ usage, cost: wrong, contextWindow: wrong, latency: wrong }), 0);
      addReply(metrics, reply(), 0);
      expect(toSnapshot(metrics)).toMatchObject({
        accumulated_cost: 0.5,
        accumulated_token_usage: { prompt_tokens: 100, completion_tokens: 20, context_window: 128_000 },
      });
    },
  );

  it("keep the last 1,000 entries and count all", () => {
    const metrics = emptyMetrics("m");
    for (let index = 0; index < 1003; index += 1)
      addReply(metrics, reply({ id: `r${index}`, cost: 1 }), index);
    expect(metrics.token_usages).toHaveLength(1000);
    expect(metrics.token_usages[0]?.response_id).toBe("r3");
    expect(metrics.accumulated_cost).toBe(1003);
  });
});
