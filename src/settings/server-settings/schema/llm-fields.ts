import type { FormField } from "./form-field.ts";

const critical = "critical" as const;
const major = "major" as const;

/** The fields of a model, in the order of its settings. */
export const LLM_FIELDS: Readonly<Record<string, FormField>> = {
  model: { prominence: critical, description: "Provider and name of the model." },
  api_key: { label: "API Key", prominence: critical, description: "Key of the provider." },
  provider_connection_id: {
    prominence: major,
    description:
      "A saved connection that lends the model its key and address whenever it is used. A profile with one stores neither itself.",
  },
  auth_type: {
    label: "Authentication",
    prominence: critical,
    description: "Whether the model is paid by key or by a subscription.",
  },
  subscription_vendor: {
    label: "Subscription provider",
    prominence: critical,
    dependsOn: ["auth_type"],
    description: "The vendor whose subscription gives access to the model.",
  },
  base_url: {
    label: "Base URL",
    prominence: major,
    description: "Address of the API, if not the provider's.",
  },
  api_version: {
    label: "API Version",
    description: "Version of the API, for providers that have several (Azure).",
  },
  aws_access_key_id: {},
  aws_secret_access_key: {},
  aws_session_token: {},
  aws_region_name: {},
  aws_profile_name: {},
  aws_role_name: {},
  aws_session_name: {},
  aws_bedrock_runtime_endpoint: {},
  openrouter_site_url: {},
  openrouter_app_name: {},
  num_retries: {},
  retry_multiplier: {},
  retry_min_wait: {},
  retry_max_wait: {},
  timeout: { description: "Seconds that one attempt may take, 300 unless set. Empty means no limit." },
  stream_idle_timeout: {
    description: "Seconds that a streamed reply may be silent, 300 unless set. Empty means no limit.",
  },
  max_message_chars: {
    description: "Length at which one observation is cut before the model sees it, in characters.",
  },
  temperature: {
    description:
      "How freely the model chooses its words; 0 means always the likeliest. Empty leaves it to the provider.",
  },
  top_p: {
    description:
      "Share of the likeliest words that the model chooses from, 0 to 1. Empty leaves it to the provider.",
  },
  top_k: {},
  max_input_tokens: { description: "Number of tokens that a prompt may have." },
  max_output_tokens: { description: "Number of tokens that a reply may have; it is sent to the provider." },
  model_canonical_name: {
    description:
      "The well-known name of the model when `model` is an alias, for example of a proxy. What the model can do is looked up by it.",
  },
  api_mode: {
    description:
      "Which API the model is called by. `auto` decides by the model; the others help with aliases and new models.",
  },
  capability_overrides: {
    description:
      "What the model can do, where the lists are wrong: supports_reasoning_effort, thinking_mode (adaptive, manual, none or unknown), supports_sampling_params, supports_prompt_cache, supports_stop_words, supports_responses_api, supports_vision, supports_prompt_cache_retention.",
  },
  extra_headers: { description: "Headers that are sent with each call." },
  input_cost_per_token: { description: "Price of a token of the prompt, for the cost that is shown." },
  output_cost_per_token: { description: "Price of a token of the reply, for the cost that is shown." },
  ollama_base_url: {},
  stream: { description: "Shows replies while they are written." },
  drop_params: {},
  disable_vision: { description: "Keeps images from a model that could see them, which costs less." },
  disable_stop_word: { description: "Sends no stop words." },
  caching_prompt: { description: "Lets the provider keep prompts, so that they cost less the next time." },
  log_completions: { description: "Writes each call and its reply to a file." },
  log_completions_folder: { description: "The folder of those files, needed when calls are logged." },
  custom_tokenizer: { description: "The tokenizer that counts tokens, if not the model's." },
  native_tool_calling: {
    description: "Uses the tool calls of the provider. Off: tools are explained in the prompt.",
  },
  force_string_serializer: {
    description:
      "Sends content as plain text instead of lists, for providers that know no lists. Empty decides by the model.",
  },
  inline_image_urls: {
    description:
      "Fetches images and sends their bytes instead of their addresses. Empty decides by the model; set it where an alias hides the model.",
  },
  reasoning_effort: {
    description:
      "How much the model thinks: none, minimal, low, medium, high, xhigh, max, or a word of the provider's.",
  },
  reasoning_summary: {
    description:
      "How detailed summaries of the model's thoughts are. OpenAI wants a verified organisation for it.",
  },
  enable_encrypted_reasoning: {
    description: "Asks the Responses API for encrypted thoughts, which later calls give back to the model.",
  },
  prompt_cache_retention: {
    description: "How long the provider keeps prompts. Sent only to models that know it.",
  },
  extended_thinking_budget: {
    description: "Tokens to think with, for Claude models that need a budget. Prefer the reasoning effort.",
  },
  seed: { description: "Seed of the model's random choices." },
  usage_id: { description: "Name under which tokens and cost of this model are counted." },
  litellm_extra_body: {
    description:
      "More fields for the body of each call, for proxies and inference servers that take them. Other providers may refuse the call.",
  },
};
