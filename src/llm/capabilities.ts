import type { LlmConfig } from "../wire/agent/llm-config.ts";
import type { Endpoint } from "./endpoint.ts";
import { PROVIDERS, parseModelName } from "./providers.ts";

/** Features of a model that decide what a request may contain. */
export interface Capabilities {
  /** Accepts `reasoning_effort`. */
  reasoningEffort: boolean;
  /** How a Claude model thinks: as it decides, within a budget of tokens, or not at all. */
  thinking: "adaptive" | "manual" | "none";
  /** Accepts temperature, top_p and top_k. */
  samplingParameters: boolean;
  /** Needs explicit cache markers. Other models cache by prefix without them. */
  promptCacheMarkers: boolean;
  /** Accepts `prompt_cache_key`. Providers that do not know the field refuse the request. */
  promptCacheKey: boolean;
  /** Accepts `prompt_cache_retention`. */
  promptCacheRetention: boolean;
  stopWords: boolean;
  /** Called through Responses rather than Chat Completions. */
  responsesApi: boolean;
  vision: boolean;
  /** Accepts text as content only as a string, not as a list of parts. */
  stringContent: boolean;
  /** Refuses a prompt whose tool calls come without the reasoning that led to them. */
  reasoningContent: boolean;
  /** Accepts thinking blocks without a signature. Claude refuses them; copies of its API by other makers need them. */
  unsignedThinking: boolean;
  /** Accepts images as data URLs only. */
  inlineImages: boolean;
  /** Refuses images with too many pixels. */
  sizedImages: boolean;
  /** Most tokens of a reply; undefined leaves the limit to the provider. */
  maxOutputTokens: number | undefined;
}

const REASONING_EFFORT =
  /(^|\/)(o1|o3|o4)(-|$)|gpt-[5-9]|gpt-oss|codex-mini|claude-3-7|claude-(opus|sonnet|haiku|fable|mythos)-[4-9]|gemini-(2\.5|[3-9])|grok-3-mini|kimi-k3/;

const THINKS_ADAPTIVELY =
  /claude-(opus-4-[6-9]|opus-[5-9]|sonnet-4-[6-9]|sonnet-[5-9]|haiku-[5-9]|fable-[5-9]|mythos)/;
const THINKS_ON_A_BUDGET = /claude-(sonnet-4-5|haiku-4-5)/;
const CACHE_MARKERS =
  /claude-(3-[57]|sonnet|3-haiku-20240307|3-opus-20240229|(opus|haiku|fable)-[4-9]|mythos)/;
const CACHE_RETENTION = /gpt-5|gpt-4\.1/;
const NO_STOP_WORDS =
  /(^|\/)(o1|o3|o4)(-|$)|grok-4-0709|grok-code-fast-1|deepseek-r1-0528|gpt-[56]|openai\.gpt-/;
const RESPONSES_API = /gpt-[56]|codex-mini-latest/;
/** Further models that OpenAI itself serves through Responses. Servers that copy its API often lack that. */
const RESPONSES_AT_OPENAI = /(^|\/)(gpt-4\.1|o1-pro|o3|chat-latest)/;
const VISION =
  /gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-[56]|(^|\/)(o1|o3|o4)(-|$)|claude-(3|opus|sonnet|haiku|fable|mythos)|gemini|pixtral|mistral-(medium|large|small)-[3-9]|grok-[4-9]|kimi-(k2\.[5-9]|k[3-9])|llama-?4|gemma-?3|llava|-vl\b|vision|qwen.*vl/;
const STRING_CONTENT = /deepseek-v3\.2|glm|groq\/kimi-k2-instruct|openrouter\/minimax/;
const REASONING_CONTENT =
  /kimi-k3|kimi-k2-thinking|kimi-k2\.[5-9]|openrouter\/minimax-m2|deepseek-(reasoner|v[4-9])/;
/** A proxy, and the prefix that its operator may put before a model's name. */
const PROXY = /^(litellm_proxy|openhands)\/((prod|dev|staging|test)\/)?/;
const INLINE_IMAGES = /(moonshot|openhands)\/kimi-k3|moonshot\/kimi-k2\.6/;

/**
 * Looks a model up by its name. `capability_overrides` wins over the lists below. `model_canonical_name` is looked up
 * instead of the model's own name when it is set.
 */
export function capabilitiesOf(config: LlmConfig, endpoint: Endpoint): Capabilities {
  const name = canonicalName(config, endpoint);
  const { capability_overrides: overrides } = config;
  const flag = (key: string, listed: boolean) => {
    const value = overrides[key];
    return typeof value === "boolean" ? value : listed;
  };
  const has = (pattern: RegExp) => pattern.test(name);

  const reasoningEffort = flag("supports_reasoning_effort", has(REASONING_EFFORT));
  const thinking = thinkingMode(name, overrides.thinking_mode);
  const isOpenAi = endpoint.name === "openai" && endpoint.official;
  const isServed = has(RESPONSES_API) || (isOpenAi && has(RESPONSES_AT_OPENAI));
  return {
    reasoningEffort,
    thinking,
    samplingParameters: flag(
      "supports_sampling_params",
      thinking === "none" && (!reasoningEffort || name.includes("gemini")),
    ),
    promptCacheMarkers: config.caching_prompt && flag("supports_prompt_cache", has(CACHE_MARKERS)),
    promptCacheKey: flag("supports_prompt_cache_key", takesCacheKey(name)),
    promptCacheRetention: flag("supports_prompt_cache_retention", retainsCache(name)),
    stopWords: flag("supports_stop_words", !has(NO_STOP_WORDS)),
    responsesApi: speaksResponses(config, endpoint, flag("supports_responses_api", isServed)),
    vision: config.disable_vision !== true && flag("supports_vision", has(VISION)),
    stringContent: config.force_string_serializer ?? has(STRING_CONTENT),
    reasoningContent: has(REASONING_CONTENT),
    unsignedThinking: !name.includes("claude"),
    inlineImages: config.inline_image_urls ?? (has(INLINE_IMAGES) || endpoint.name === "bedrock"),
    sizedImages: name.includes("claude"),
    maxOutputTokens: config.max_output_tokens ?? defaultOutputTokens(name, endpoint),
  };
}

/** Chooses Responses over Chat Completions: as `api_mode` says, or else where model and provider both speak it. */
function speaksResponses({ api_mode: mode }: LlmConfig, { provider }: Endpoint, isListed: boolean): boolean {
  return mode === "auto" ? isListed && provider.accepts.has("responses_api") : mode === "responses";
}

function defaultOutputTokens(name: string, { provider, official }: Endpoint): number | undefined {
  if (/claude-3-7-sonnet|claude-sonnet-4|kimi-k2-thinking/.test(name)) return 64_000;
  if (provider.protocol !== "anthropic") return undefined;
  // Anthropic requires a figure, and each generation has its own limit.
  if (/claude-3-5/.test(name)) return 8192;
  if (/claude-3-/.test(name)) return 4096;
  if (/claude-opus-4(-[01])?(-\d{8})?$/.test(name)) return 32_000;
  return official ? 64_000 : 16_384;
}

/** The name to look up in the lists: lower case, provider first. */
function canonicalName(config: LlmConfig, endpoint: Endpoint): string {
  return normalizeName(config.model_canonical_name ?? `${endpoint.name}/${endpoint.model}`);
}

/** Lower case, with dashes for the dots in Claude's versions. */
export function normalizeName(modelName: string): string {
  const name = modelName.trim().toLowerCase();
  return name.includes("claude") ? name.replace(/(\d)\.(\d)/g, "$1-$2") : name;
}

function thinkingMode(name: string, override: unknown): Capabilities["thinking"] {
  if (override === "adaptive" || override === "manual" || override === "none") return override;
  if (override === "unknown") return "none";
  if (THINKS_ADAPTIVELY.test(name)) return "adaptive";
  return THINKS_ON_A_BUDGET.test(name) ? "manual" : "none";
}

/** Whether the provider that serves the model takes a cache key. Behind a proxy the model's name tells the provider. */
function takesCacheKey(name: string): boolean {
  const { provider } = parseModelName(name.replace(PROXY, ""));
  return (
    provider !== null &&
    !PROXY.test(`${provider}/`) &&
    PROVIDERS[provider]?.accepts.has("prompt_cache_key") === true
  );
}

function retainsCache(name: string): boolean {
  if (name.startsWith("azure/") || !CACHE_RETENTION.test(name)) return false;
  return !name.includes("mini") || name.includes("gpt-5.1-codex-mini");
}
