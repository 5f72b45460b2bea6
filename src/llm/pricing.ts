import type { LlmConfig } from "../wire/agent/llm-config.ts";
import { normalizeName } from "./capabilities.ts";
import type { LlmUsage } from "./llm.ts";
import { PROVIDERS, parseModelName } from "./providers.ts";
import type { ProxyModel } from "./proxy-models.ts";

/** The fields of a configuration that name a model and its price. */
export type PricedConfig = Pick<
  LlmConfig,
  "model" | "model_canonical_name" | "input_cost_per_token" | "output_cost_per_token" | "max_input_tokens"
>;

/** Price and size of a model. */
export interface ModelFacts {
  /** US dollars; 0 when the price is not known. */
  costOf(usage: LlmUsage): number;
  /** Tokens; 0 when not known. */
  contextWindow: number;
}

/** Providers that are servers of the user: no price list covers them. */
const SELF_HOSTED: ReadonlySet<string> = new Set(["ollama", "lm_studio", "hosted_vllm"]);

/** Prefixes that operators of a LiteLLM proxy put before a model's name. */
const DEPLOYMENT = /^(prod|dev|staging|test)\//;

const UNKNOWN: ModelFacts = { costOf: () => 0, contextWindow: 0 };

/** Asks the proxy that serves a model about it. */
export type AskProxy = () => Promise<ProxyModel | null>;

/** Asks for the tokens that a model takes where it is served now; null where that is not known. Never rejects. */
export type AskWindow = () => Promise<number | null>;

/** Questions to others about a model. */
export interface ModelQuestions {
  /** Default: no proxy serves the model. */
  askProxy?: AskProxy | undefined;
  /** Asked for each call. Default: the window is the one in the price list. */
  askWindow?: AskWindow | undefined;
}

/**
 * Looks up price and context window of a model in the price list of `@pydantic/genai-prices`, which is offline and is
 * loaded by the first call. A name that is not in the list may be a proxy's own: then the model behind it counts, or
 * else the proxy's own figures. The configuration's figures win; its prices only when both are set. Never rejects.
 */
export async function loadModelFacts(config: PricedConfig, askProxy?: AskProxy): Promise<ModelFacts> {
  const { input_cost_per_token: input, output_cost_per_token: output } = config;
  const isPriced = input !== null && output !== null;
  // A gap in the list must not cost a reply.
  let listed = await lookUp(config).catch(() => UNKNOWN);
  if (listed === UNKNOWN && askProxy !== undefined && !(isPriced && config.max_input_tokens)) {
    listed = await factsOfAlias(config, askProxy).catch(() => UNKNOWN);
  }
  return {
    contextWindow: config.max_input_tokens ?? listed.contextWindow,
    costOf: isPriced
      ? (usage) => usage.prompt_tokens * input + usage.completion_tokens * output
      : listed.costOf,
  };
}

async function factsOfAlias(config: PricedConfig, askProxy: AskProxy): Promise<ModelFacts> {
  const alias = await askProxy();
  if (alias === null) return UNKNOWN;
  const { model_info: own, litellm_params: behind } = alias;
  const listed =
    behind.model == null
      ? UNKNOWN
      : await lookUp({ ...config, model: behind.model, model_canonical_name: null }).catch(() => UNKNOWN);
  return {
    contextWindow: own.max_input_tokens ?? listed.contextWindow,
    costOf: listed === UNKNOWN ? costByFigures(own) : listed.costOf,
  };
}

function costByFigures(figures: ProxyModel["model_info"]): ModelFacts["costOf"] {
  const input = figures.input_cost_per_token ?? 0;
  const output = figures.output_cost_per_token ?? 0;
  const read = figures.cache_read_input_token_cost ?? input;
  const written = figures.cache_creation_input_token_cost ?? input;
  return (usage) => {
    const { prompt_tokens: prompt, cache_read_tokens: fromCache, cache_write_tokens: toCache } = usage;
    const fresh = Math.max(0, prompt - fromCache - toCache);
    return fresh * input + fromCache * read + toCache * written + usage.completion_tokens * output;
  };
}

async function lookUp(config: PricedConfig): Promise<ModelFacts> {
  const name = listedName(config);
  if (name === null) return UNKNOWN;
  const { calcPrice } = await import("@pydantic/genai-prices");
  const { providerId, model } = name;
  const entry = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, providerId ? { providerId } : {});
  if (entry === null) return UNKNOWN;
  // Later calls search the one model instead of the whole list.
  const provider = { ...entry.provider, models: [entry.model] };
  return {
    contextWindow: entry.model.context_window ?? 0,
    costOf: (usage) => {
      try {
        return calcPrice(toListUsage(usage), entry.model.id, { provider })?.total_price ?? 0;
      } catch {
        // The list refuses counters that contradict each other. They must not cost a reply.
        return 0;
      }
    },
  };
}

/** The name under which the list may have the model; null when it cannot have it. */
function listedName(config: PricedConfig): { providerId: string | null; model: string } | null {
  const { provider, model } = parseModelName(config.model);
  if (provider !== null && SELF_HOSTED.has(provider)) return null;
  if (config.model_canonical_name !== null) return ofMaker(normalizeName(config.model_canonical_name));
  if (provider === null) return null;
  const providerId = PROVIDERS[provider]?.priceId ?? null;
  return providerId === null ? ofMaker(model.toLowerCase()) : { providerId, model };
}

/** A name behind a proxy is the one its maker gave it; the list finds the maker by the name. */
function ofMaker(name: string): { providerId: null; model: string } {
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
