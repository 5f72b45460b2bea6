import type { LlmReply } from "../../../src/llm/llm.ts";

const USAGE = { completion_tokens: 20, cache_read_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0 };

/** A reply that calls a tool which does nothing; at the last step words alone. */
export function scriptedReply(step: number, last: number): LlmReply {
  const thought = JSON.stringify({ thought: `Step ${step}: nothing to do yet.` });
  const call = { id: `call_${step}`, name: "think", arguments: thought, origin: "completion" as const };
  return {
    id: `reply-${step}`,
    model: "scripted",
    message:
      step < last
        ? { role: "assistant", content: [], tool_calls: [call] }
        : { role: "assistant", content: [{ type: "text", text: "Done.", cache_prompt: false }] },
    usage: { prompt_tokens: 1_000, ...USAGE },
    cost: 0,
    contextWindow: 0,
    latency: 0,
  };
}
