/** Request fields that some OpenAI-compatible endpoints refuse. */
export type OptionalField =
  | "reasoning_effort"
  | "top_k"
  | "seed"
  | "prompt_cache_key"
  | "prompt_cache_retention"
  | "stream_options"
  | "responses_api";

/** A service that serves models, and how it differs from the others. */
export interface Provider {
  protocol: "openai" | "azure" | "anthropic" | "bedrock" | "vertex";
  /** null: the request or the environment must name the address. */
  baseUrl: string | null;
  /** Environment variables that may hold the key; the first one set wins. */
  keyVariables: readonly string[];
  /** Environment variables that may hold the address; the first one set wins. */
  baseUrlVariables: readonly string[];
  /** Works without a key. Default: false. */
  keyless?: boolean;
  /** Optional fields that the provider accepts. With `drop_params` the others are left out. */
  accepts: ReadonlySet<OptionalField>;
  maxTokensField: "max_tokens" | "max_completion_tokens";
  /** Path added to a base URL that names only a host. */
  pathOfBareHost?: string;
  /** The provider's name in the price list; null for providers that resell the models of others. */
  priceId: string | null;
}

const all: readonly OptionalField[] = [
  "reasoning_effort",
  "top_k",
  "seed",
  "prompt_cache_key",
  "prompt_cache_retention",
  "stream_options",
  "responses_api",
];

function openAiCompatible(
  baseUrl: string | null,
  name: string,
  rest: Partial<Omit<Provider, "accepts">> & { accepts?: readonly OptionalField[] } = {},
): Provider {
  return {
    protocol: "openai",
    baseUrl,
    keyVariables: [`${name}_API_KEY`],
    baseUrlVariables: [`${name}_API_BASE`],
    maxTokensField: "max_tokens",
    priceId: null,
    ...rest,
    accepts: new Set(rest.accepts ?? ["reasoning_effort", "seed", "stream_options"]),
  };
}

const local = {
  keyless: true,
  pathOfBareHost: "/v1",
  accepts: all.filter((field) => field !== "responses_api"),
};

const keepsCache: readonly OptionalField[] = [
  "reasoning_effort",
  "seed",
  "stream_options",
  "prompt_cache_key",
];

/** Providers by their LiteLLM prefix. `accepts` follows each provider's API reference. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  anthropic: {
    protocol: "anthropic",
    baseUrl: "https://api.anthropic.com",
    keyVariables: ["ANTHROPIC_API_KEY"],
    baseUrlVariables: ["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
    accepts: new Set(all.filter((field) => field !== "prompt_cache_key")),
    maxTokensField: "max_tokens",
    priceId: "anthropic",
  },
  openai: openAiCompatible("https://api.openai.com/v1", "OPENAI", {
    baseUrlVariables: ["OPENAI_BASE_URL", "OPENAI_API_BASE"],
    accepts: all.filter((field) => field !== "top_k"),
    maxTokensField: "max_completion_tokens",
    priceId: "openai",
  }),
  azure: openAiCompatible(null, "AZURE", {
    protocol: "azure",
    keyVariables: ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"],
    baseUrlVariables: ["AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT"],
    accepts: ["reasoning_effort", "seed", "prompt_cache_key", "stream_options", "responses_api"],
    priceId: "azure",
  }),
  bedrock: openAiCompatible(null, "BEDROCK", {
    protocol: "bedrock",
    keyVariables: ["AWS_BEARER_TOKEN_BEDROCK"],
    keyless: true,
    baseUrlVariables: ["AWS_BEDROCK_BASE_URL"],
    maxTokensField: "max_completion_tokens",
    priceId: "aws",
  }),
  gemini: openAiCompatible("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI", {
    keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    accepts: ["reasoning_effort", "stream_options"],
    priceId: "google",
  }),
  vertex_ai: openAiCompatible(null, "VERTEXAI", {
    protocol: "vertex",
    keyVariables: [],
    keyless: true,
    accepts: ["reasoning_effort", "stream_options"],
  }),
  openrouter: openAiCompatible("https://openrouter.ai/api/v1", "OPENROUTER", {
    accepts: ["reasoning_effort", "top_k", "seed", "prompt_cache_key", "stream_options"],
    priceId: "openrouter",
  }),
  deepseek: openAiCompatible("https://api.deepseek.com", "DEEPSEEK", {
    accepts: ["stream_options", "prompt_cache_key"],
    priceId: "deepseek",
  }),
  digitalocean: openAiCompatible("https://inference.do-ai.run/v1", "DIGITALOCEAN", {
    keyVariables: ["DIGITALOCEAN_API_KEY", "GRADIENT_AI_API_KEY"],
    maxTokensField: "max_completion_tokens",
  }),
  minimax: openAiCompatible("https://api.minimax.io/v1", "MINIMAX", {
    accepts: keepsCache,
    priceId: "minimax",
  }),
  mistral: openAiCompatible("https://api.mistral.ai/v1", "MISTRAL", { accepts: [], priceId: "mistral" }),
  moonshot: openAiCompatible("https://api.moonshot.ai/v1", "MOONSHOT", {
    accepts: keepsCache,
    priceId: "moonshotai",
  }),
  groq: openAiCompatible("https://api.groq.com/openai/v1", "GROQ", {
    accepts: keepsCache,
    maxTokensField: "max_completion_tokens",
    priceId: "groq",
  }),
  xai: openAiCompatible("https://api.x.ai/v1", "XAI", {
    maxTokensField: "max_completion_tokens",
    priceId: "x-ai",
  }),
  ollama: openAiCompatible("http://localhost:11434", "OLLAMA", {
    ...local,
    accepts: local.accepts.filter((field) => field !== "prompt_cache_key"),
  }),
  lm_studio: openAiCompatible("http://localhost:1234", "LM_STUDIO", local),
  hosted_vllm: openAiCompatible(null, "HOSTED_VLLM", local),
  litellm_proxy: openAiCompatible(null, "LITELLM_PROXY", { accepts: all }),
  openhands: openAiCompatible("https://llm-proxy.app.all-hands.dev", "OPENHANDS", {
    keyVariables: ["OPENHANDS_API_KEY", "LITELLM_PROXY_API_KEY"],
    baseUrlVariables: [],
    accepts: all,
  }),
};

/** Providers of model names that come without a prefix. First match wins. */
const BARE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(gpt-|chatgpt-|o1|o3|o4|codex-)/, "openai"],
  [/^claude-/, "anthropic"],
  [/^gemini-/, "gemini"],
  [/^deepseek-/, "deepseek"],
  [/^(mistral-|devstral-|codestral-|magistral-)/, "mistral"],
  [/^(kimi-|moonshot-)/, "moonshot"],
  [/^grok-/, "xai"],
];

/** A model's name in its two parts. */
export interface ModelName {
  /** A key of PROVIDERS; null when the name does not tell. */
  provider: string | null;
  /** The rest of the name, as the provider wants it. */
  model: string;
}

/** Splits `provider/model`. A known name without a prefix finds its provider too. */
export function parseModelName(name: string): ModelName {
  const trimmed = name.trim();
  const slash = trimmed.indexOf("/");
  const prefix = trimmed.slice(0, Math.max(slash, 0)).toLowerCase();
  if (Object.hasOwn(PROVIDERS, prefix)) return { provider: prefix, model: trimmed.slice(slash + 1) };
  if (slash > 0) return { provider: null, model: trimmed };
  const bare = trimmed.toLowerCase();
  return { provider: BARE_NAMES.find(([pattern]) => pattern.test(bare))?.[1] ?? null, model: trimmed };
}

/** The keys of all providers that an environment holds. */
export function providerKeysIn(environment: Readonly<Record<string, string | undefined>>): string[] {
  const variables = Object.values(PROVIDERS).flatMap(({ keyVariables }) => keyVariables);
  return [...new Set(variables)].flatMap((variable) => environment[variable]?.trim() || []);
}
