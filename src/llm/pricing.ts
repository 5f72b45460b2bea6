import type { LlmConfig } from "../wire/agent/llm-config.ts";
import { canonicalName } from "./capabilities.ts";
import type { Endpoint } from "./endpoint.ts";
import type { LlmUsage } from "./llm.ts";

export interface ModelFacts {
  /** US dollars; 0 when the price is not known. */
  costOf(usage: LlmUsage): number;
  /** Tokens; 0 when not known. */
  contextWindow: number;
}

/** Servers of one's own: what they cost is nobody's list price. */
const SELF_HOSTED: ReadonlySet<string> = new Set(["ollama", "lm_studio", "hosted_vllm"]);

/** Prefixes that operators of a LiteLLM proxy put before a model's name. */
const DEPLOYMENT = /^(prod|dev|staging|test)\//;

/**
 * Price and context window of a model, from the price list that comes with `@pydantic/genai-prices` (offline, loaded
 * when first asked for). The configuration's own figures win; the price only where both are given.
 */
export async function loadModelFacts(config: LlmConfig, endpoint: Endpoint): Promise<ModelFacts> {
  const { input_cost_per_token: input, output_cost_per_token: output } = config;
  // A gap in the list must not cost a reply.
  const listed = await lookUp(config, endpoint).catch(() => UNKNOWN);
  const own = input !== null && output !== null;
  return {
    contextWindow: config.max_input_tokens ?? listed.contextWindow,
    costOf: own ? (usage) => usage.prompt_tokens * input + usage.completion_tokens * output : listed.costOf,
  };
}

const UNKNOWN: ModelFacts = { costOf: () => 0, contextWindow: 0 };

async function lookUp(config: LlmConfig, endpoint: Endpoint): Promise<ModelFacts> {
  if (SELF_HOSTED.has(endpoint.name)) return UNKNOWN;
  const { calcPrice } = await import("@pydantic/genai-prices");
  const { providerId, model } = listName(config, endpoint);
  const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, providerId ? { providerId } : {});
  if (found === null) return UNKNOWN;
  // Found once: later calls need not search the list again.
  const provider = { ...found.provider, models: [found.model] };
  return {
    contextWindow: found.model.context_window ?? 0,
    costOf: (usage) => calcPrice(toListUsage(usage), found.model.id, { provider })?.total_price ?? 0,
  };
}

function listName(config: LlmConfig, endpoint: Endpoint): { providerId: string | null; model: string } {
  const { priceId } = endpoint.provider;
  if (config.model_canonical_name === null && priceId !== null)
    return { providerId: priceId, model: endpoint.model };
  // Behind a proxy the name is a maker's; the list finds the maker by it.
  const name = config.model_canonical_name ? canonicalName(config, endpoint) : endpoint.model.toLowerCase();
  return { providerId: null, model: name.replace(DEPLOYMENT, "").replace(/^[a-z_]+\//, "") };
}

function toListUsage(usage: LlmUsage) {
  return {
    input_tokens: usage.prompt_tokens,
    cache_read_tokens: usage.cache_read_tokens,
    cache_write_tokens: usage.cache_write_tokens,
    output_tokens: usage.completion_tokens,
  };
}
