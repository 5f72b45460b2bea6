import { expect, it } from "vitest";
import { recordCall, toCalls, toSnapshots, toStats } from "../../../src/conversations/record/usage.ts";
import type { LlmReply } from "../../../src/llm/llm.ts";
import type { ConversationStats } from "../../../src/wire/metrics.ts";

function reply(fields: Partial<LlmReply> = {}): LlmReply {
  return {
    message: { role: "assistant", content: [] },
    id: "reply",
    model: "m",
    usage: {
      prompt_tokens: 3,
      completion_tokens: 2,
      cache_read_tokens: 1,
      cache_write_tokens: 0,
      reasoning_tokens: 0,
    },
    cost: 0.25,
    contextWindow: 1000,
    latency: 0.5,
    ...fields,
  };
}

function record(stats: ConversationStats, fields?: Partial<LlmReply>): void {
  recordCall(stats, { usageId: "default", model: "m", reply: reply(fields), at: 1 });
}

it("remembers the last thousand calls and goes on adding up", () => {
  const stats: ConversationStats = { usage_to_metrics: {} };
  for (let count = 0; count < 1_100; count += 1) record(stats, { id: `reply-${count}` });
  const account = stats.usage_to_metrics.default;
  expect(account?.accumulated_cost).toBe(275);
  expect(account?.accumulated_token_usage?.prompt_tokens).toBe(3_300);
  for (const list of [account?.costs, account?.response_latencies, account?.token_usages]) {
    expect(list).toHaveLength(1_000);
  }
  expect(account?.token_usages.at(-1)?.response_id).toBe("reply-1099");
});

it("a free reply adds no cost and one without usage no tokens", () => {
  const stats: ConversationStats = { usage_to_metrics: {} };
  record(stats, { cost: 0, usage: null });
  expect(stats.usage_to_metrics.default).toMatchObject({
    costs: [],
    token_usages: [],
    response_latencies: [{}],
  });
});

it("is whole again from figures and calls that were stored apart", () => {
  const stats: ConversationStats = { usage_to_metrics: {} };
  record(stats);
  expect(toStats(toSnapshots(stats), toCalls(stats))).toEqual(stats);
  expect(toStats(toSnapshots(stats), {}).usage_to_metrics.default).toMatchObject({
    accumulated_cost: 0.25,
    costs: [],
  });
});
