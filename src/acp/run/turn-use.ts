import type { PromptResponse } from "@agentclientprotocol/sdk";
import { asObject } from "../../is-object.ts";
import type { LlmReply, LlmUsage } from "../../llm/llm.ts";
import { loadModelFacts } from "../../llm/pricing.ts";
import type { AcpAgent } from "../../wire/agent/acp/acp-agent.ts";
import type { ReportedUse } from "../turn/reported-use.ts";

export interface UsedTurn {
  agent: AcpAgent;
  sessionId: string;
  response: PromptResponse;
  /** With the cost of this turn alone. */
  use: ReportedUse;
  seconds: number;
}

/**
 * What a turn has used, in the form of a reply of a model. Where the program reports no cost, the tokens have the price
 * of the agent's model.
 */
export async function replyOf({ agent, sessionId, response, use, seconds }: UsedTurn): Promise<LlmReply> {
  const usage = usageIn(response);
  return {
    message: { role: "assistant", content: [] },
    id: sessionId,
    model: agent.llm.model,
    usage,
    cost: use.cost ?? (usage === null ? null : await priceOf(usage, agent)),
    contextWindow: use.contextWindow,
    latency: seconds,
  };
}

/** The tokens in the answer to a prompt: where the protocol has them, or where Gemini writes them. */
function usageIn(response: PromptResponse): LlmUsage | null {
  const { usage, _meta } = asObject(response);
  if (usage !== undefined && usage !== null) {
    const counted = asObject(usage);
    return used({
      prompt_tokens: counted.inputTokens,
      completion_tokens: counted.outputTokens,
      cache_read_tokens: counted.cachedReadTokens,
      cache_write_tokens: counted.cachedWriteTokens,
      reasoning_tokens: counted.thoughtTokens,
    });
  }
  const { input_tokens, output_tokens } = asObject(asObject(asObject(_meta).quota).token_count);
  return used({ prompt_tokens: input_tokens, completion_tokens: output_tokens });
}

function used(counts: { [Key in keyof LlmUsage]?: unknown }): LlmUsage | null {
  const count = (key: keyof LlmUsage) => (typeof counts[key] === "number" ? counts[key] : 0);
  if (count("prompt_tokens") === 0 && count("completion_tokens") === 0) return null;
  return {
    prompt_tokens: count("prompt_tokens"),
    completion_tokens: count("completion_tokens"),
    cache_read_tokens: count("cache_read_tokens"),
    cache_write_tokens: count("cache_write_tokens"),
    reasoning_tokens: count("reasoning_tokens"),
  };
}

async function priceOf(usage: LlmUsage, { acp_model: model, llm }: AcpAgent): Promise<number | null> {
  if (!model) return null;
  return (await loadModelFacts({ ...llm, model })).costOf(usage);
}
