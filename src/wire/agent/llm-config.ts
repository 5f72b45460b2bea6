import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { nullable } from "../nullable.ts";
import { secretString } from "../secret-source.ts";

const text = nullable(z.string());
const count = nullable(z.int());
const flag = nullable(z.boolean());

/** The model of settings that name none. */
export const DEFAULT_MODEL = "gpt-5.6";

/** Characters of a message that clients send by default. They ask for no limit by it. */
export const DEFAULT_MESSAGE_CHARS = 30_000;

const DEFAULT_TIMEOUT = 300;
const OPENAI_HOST: ReadonlySet<unknown> = new Set(["https://api.openai.com", "https://api.openai.com/"]);
const DEFAULT_AZURE_VERSION = "2024-12-01-preview";

/** Models that may be asked in place of another, one after the other. Each has its own retries. */
const MAX_FALLBACKS = 8;
const MAX_PROFILE_NAME = 100;

const fallbackStrategy = z
  .object({
    fallback_llms: z
      .array(z.string().max(MAX_PROFILE_NAME))
      .max(MAX_FALLBACKS)
      .describe("Names of LLM profiles, asked in this order when the model fails for now"),
    profile_store_dir: nullable(z.string()).describe("Ignored: profiles are those that the server keeps"),
  })
  .meta({ id: "FallbackStrategy" });

/**
 * The reference's 56 keys in its order. Unknown keys are ignored, `modify_params` of older versions among them.
 * `fallback_strategy` is a key only of models that have one. It is stored, and no answer shows it.
 */
export const llmFields = z
  .object({
    model: z
      .string()
      .meta({ default: DEFAULT_MODEL })
      .describe("Provider and model, LiteLLM style, for example anthropic/claude-sonnet-4-5"),
    api_key: secretString,
    provider_connection_id: text,
    auth_type: z.enum(["api_key", "subscription"]).default("api_key"),
    subscription_vendor: nullable(z.literal("openai")),
    base_url: text,
    api_version: text,
    aws_access_key_id: secretString,
    aws_secret_access_key: secretString,
    aws_session_token: secretString,
    aws_region_name: text,
    aws_profile_name: text,
    aws_role_name: text,
    aws_session_name: text,
    aws_bedrock_runtime_endpoint: text,
    openrouter_site_url: z.string().default("https://docs.all-hands.dev/"),
    openrouter_app_name: z.string().default("OpenHands"),
    num_retries: z.int().min(0).default(5).describe("Total attempts, including the first"),
    retry_multiplier: z.number().min(0).default(8),
    retry_min_wait: z.int().min(0).default(8).describe("Seconds"),
    retry_max_wait: z.int().min(0).default(64).describe("Seconds"),
    timeout: z
      .int()
      .min(0)
      .nullable()
      .default(DEFAULT_TIMEOUT)
      .describe("Seconds for one attempt; null means no limit"),
    stream_idle_timeout: z
      .number()
      .min(0)
      .nullable()
      .default(DEFAULT_TIMEOUT)
      .describe("Seconds between two pieces of a streamed reply; null means no limit. Default: as `timeout`"),
    max_message_chars: z.int().min(1).default(DEFAULT_MESSAGE_CHARS),
    temperature: nullable(z.number().min(0)),
    top_p: nullable(z.number().min(0).max(1)),
    top_k: nullable(z.number().min(0)),
    max_input_tokens: nullable(z.int().min(1)),
    max_output_tokens: nullable(z.int().min(1)),
    model_canonical_name: text,
    api_mode: z.enum(["auto", "chat", "responses"]).default("auto"),
    capability_overrides: z.record(z.string(), z.union([z.boolean(), z.string()])).default({}),
    extra_headers: nullable(z.record(z.string(), z.string())),
    input_cost_per_token: nullable(z.number().min(0)),
    output_cost_per_token: nullable(z.number().min(0)),
    ollama_base_url: text,
    stream: z.boolean().default(false),
    drop_params: z.boolean().default(true),
    disable_vision: flag,
    disable_stop_word: z.boolean().nullable().default(false),
    caching_prompt: z.boolean().default(true),
    log_completions: z.boolean().default(false),
    log_completions_folder: z.string().default("logs/completions"),
    custom_tokenizer: text,
    native_tool_calling: z.boolean().default(true),
    force_string_serializer: flag,
    inline_image_urls: flag,
    reasoning_effort: z.string().nullable().default("high"),
    reasoning_summary: nullable(z.enum(["auto", "concise", "detailed"])),
    enable_encrypted_reasoning: z.boolean().default(true),
    prompt_cache_retention: z.string().nullable().default("24h"),
    extended_thinking_budget: z.int().nullable().default(200_000),
    seed: count,
    usage_id: z.string().default("default"),
    litellm_extra_body: z.record(z.string(), z.unknown()).default({}),
    is_subscription: z.boolean().default(false),
    fallback_strategy: fallbackStrategy.nullable().optional(),
  })
  .meta({ id: "LLM" });

/** The model of an agent and how it is called, with all defaults filled in. */
export type LlmConfig = z.output<typeof llmFields>;
/** The model of an agent and how it is called. Only `model` is required. */
export type LlmConfigInput = z.input<typeof llmFields>;

/** The `llm` of an agent. A model must be named, although the reference's document shows a default. */
export const llmConfig = z.preprocess(normalize, llmFields) as unknown as z.ZodType<
  LlmConfig,
  LlmConfigInput
>;

/** Levels of nesting at which stored models are looked for. */
const MAX_DEPTH = 16;

/**
 * A stored value without the fallback strategies that cannot be read: one of them would make the whole unreadable.
 */
export function withReadableFallbacks(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH || !isObject(value)) return value;
  const entries = Object.entries(value).filter(
    ([key, child]) =>
      key !== "fallback_strategy" ||
      typeof value.model !== "string" ||
      fallbackStrategy.safeParse(child).success,
  );
  return Object.fromEntries(entries.map(([key, child]) => [key, withReadableFallbacks(child, depth + 1)]));
}

/**
 * Fills in the defaults.
 *
 * @throws TypeError that names the first wrong field
 */
export function parseLlmConfig(input: LlmConfigInput): LlmConfig {
  const parsed = llmConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TypeError(`${["llm", ...(issue?.path ?? [])].join(".")}: ${issue?.message}`);
}

/** Fills in the fields whose default depends on another field. */
function normalize(input: unknown, context: z.core.$RefinementCtx): unknown {
  if (!isObject(input)) return input;
  const { model, base_url: baseUrl, timeout = DEFAULT_TIMEOUT } = input;
  if (model === undefined || model === null || model === "") {
    context.addIssue({ code: "custom", message: "Value error, model must be specified in LLM" });
    return z.NEVER;
  }
  // An invalid limit is one fault, not two.
  const isLimit = timeout === null || (typeof timeout === "number" && timeout >= 0);
  const config: Record<string, unknown> = { ...(isLimit && { stream_idle_timeout: timeout }), ...input };
  if (namesNoFallback(config.fallback_strategy)) delete config.fallback_strategy;
  if (typeof model !== "string") return config;
  if (model.startsWith("azure")) config.api_version ||= DEFAULT_AZURE_VERSION;
  // The provider's own address, which lacks the path that the API is at.
  if (model.startsWith("openai/") && OPENAI_HOST.has(baseUrl)) config.base_url = null;
  return config;
}

function namesNoFallback(strategy: unknown): boolean {
  if (strategy === undefined || strategy === null) return true;
  return isObject(strategy) && Array.isArray(strategy.fallback_llms) && strategy.fallback_llms.length === 0;
}
