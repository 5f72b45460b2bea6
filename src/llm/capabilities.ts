import type { LlmConfig } from "../wire/agent/llm-config.ts";
import type { Endpoint } from "./endpoint.ts";

/** What a model can do and what it must be spared. */
export interface Capabilities {
  reasoningEffort: boolean;
  /** How a Claude model is told to think: a budget of tokens, by itself, or not at all. */
  thinking: "adaptive" | "manual" | "none";
  /** temperature, top_p, top_k. */
  samplingParameters: boolean;
  /** Explicit cache markers. Everybody else caches by prefix unasked. */
  promptCacheMarkers: boolean;
  promptCacheRetention: boolean;
  stopWords: boolean;
  responsesApi: boolean;
  vision: boolean;
  /** Only plain text as content, no list of parts. */
  stringContent: boolean;
  /** Wants its own reasoning back with each message. */
  reasoningContent: boolean;
  /** Takes images as data URLs only. */
  inlineImages: boolean;
}

const REASONING_EFFORT =
  /(^|\/)(o1|o3|o4)(-|$)|gpt-5|gpt-oss|codex-mini|claude-3-7|claude-(opus|sonnet|haiku|fable)-[4-9]|gemini-(2\.5|[3-9])|grok-3-mini|kimi-k3/;

const THINKS_BY_ITSELF =
  /claude-(opus-4-[6-9]|opus-[5-9]|sonnet-4-[7-9]|sonnet-[5-9]|haiku-[5-9]|fable-[5-9])/;
const THINKS_ON_A_BUDGET = /claude-(sonnet-4-[56]|haiku-4-5)/;
const CACHE_MARKERS = /claude-(3-[57]|sonnet|3-haiku-20240307|3-opus-20240229|(opus|haiku|fable)-[4-9])/;
const CACHE_RETENTION = /gpt-5|gpt-4\.1/;
const NO_STOP_WORDS = /(^|\/)(o1|o3|o4)(-|$)|grok-4-0709|grok-code-fast-1|deepseek-r1-0528|gpt-5/;
const RESPONSES_API = /gpt-5|codex-mini-latest/;
const VISION =
  /gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-5|(^|\/)(o1|o3|o4)(-|$)|claude-(3|opus|sonnet|haiku|fable)|gemini|pixtral|mistral-(medium|large|small)-[3-9]|grok-[4-9]|kimi-(k2\.[5-9]|k[3-9])|llama-?4|gemma-?3|llava|-vl\b|vision|qwen.*vl/;
const STRING_CONTENT = /deepseek|glm|groq\/kimi-k2-instruct|openrouter\/minimax/;
const REASONING_CONTENT =
  /kimi-k3|kimi-k2-thinking|kimi-k2\.[56]|openrouter\/minimax-m2|deepseek\/deepseek-(reasoner|v4-(pro|flash))/;
const INLINE_IMAGES = /(moonshot|openhands)\/kimi-k3|moonshot\/kimi-k2\.6/;

/**
 * What is known of a model by its name. `capability_overrides` wins over the lists, and `model_canonical_name` is
 * looked up in place of a name of somebody's own making.
 */
export function capabilitiesOf(config: LlmConfig, endpoint: Endpoint): Capabilities {
  const name = canonicalName(config, endpoint);
  const { capability_overrides: overrides } = config;
  const flag = (key: string, known: boolean) => {
    const value = overrides[key];
    return typeof value === "boolean" ? value : known;
  };
  const has = (pattern: RegExp) => pattern.test(name);

  const reasoningEffort = flag("supports_reasoning_effort", has(REASONING_EFFORT));
  const thinking = thinkingMode(name, overrides.thinking_mode);
  return {
    reasoningEffort,
    thinking,
    samplingParameters: flag(
      "supports_sampling_params",
      thinking === "none" && (!reasoningEffort || name.includes("gemini")),
    ),
    promptCacheMarkers: config.caching_prompt && flag("supports_prompt_cache", has(CACHE_MARKERS)),
    promptCacheRetention: flag("supports_prompt_cache_retention", retainsCache(name)),
    stopWords: flag("supports_stop_words", !has(NO_STOP_WORDS)),
    responsesApi: flag("supports_responses_api", has(RESPONSES_API)),
    vision: config.disable_vision !== true && flag("supports_vision", has(VISION)),
    stringContent: config.force_string_serializer ?? has(STRING_CONTENT),
    reasoningContent: has(REASONING_CONTENT),
    inlineImages: config.inline_image_urls ?? has(INLINE_IMAGES),
  };
}

/** Chat Completions or Responses: `api_mode`, or what the model and its provider are known to speak. */
export function usesResponsesApi(config: LlmConfig, endpoint: Endpoint, capabilities: Capabilities): boolean {
  if (config.api_mode !== "auto") return config.api_mode === "responses";
  return capabilities.responsesApi && endpoint.provider.accepts.has("responses_api");
}

/** Tokens a reply may have when the configuration does not say; undefined leaves it to the provider. */
export function defaultOutputTokens(config: LlmConfig, endpoint: Endpoint): number | undefined {
  const name = canonicalName(config, endpoint);
  if (/claude-3-7-sonnet|claude-sonnet-4|kimi-k2-thinking/.test(name)) return 64_000;
  if (endpoint.provider.protocol !== "anthropic") return undefined;
  // Anthropic insists on a figure, and each generation has its own limit.
  if (/claude-3-5/.test(name)) return 8192;
  if (/claude-3-/.test(name)) return 4096;
  if (/claude-opus-4(-[01])?(-\d{8})?$/.test(name)) return 32_000;
  return endpoint.official ? 64_000 : 16_384;
}

/** The name the lists are asked for: lower case, with the provider, dots in Claude's versions as dashes. */
export function canonicalName(config: LlmConfig, endpoint: Endpoint): string {
  const name = (config.model_canonical_name ?? `${endpoint.name}/${endpoint.model}`).trim().toLowerCase();
  return name.includes("claude") ? name.replace(/(\d)\.(\d)/g, "$1-$2") : name;
}

function thinkingMode(name: string, override: unknown): Capabilities["thinking"] {
  if (override === "adaptive" || override === "manual" || override === "none") return override;
  if (THINKS_BY_ITSELF.test(name)) return "adaptive";
  return THINKS_ON_A_BUDGET.test(name) ? "manual" : "none";
}

function retainsCache(name: string): boolean {
  if (name.startsWith("azure/") || !CACHE_RETENTION.test(name)) return false;
  return !name.includes("mini") || name.includes("gpt-5.1-codex-mini");
}
