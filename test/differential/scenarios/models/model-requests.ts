import { finish, run, type Scenario } from "../../scenario.ts";

/** How models of each provider are asked: two turns, so that marks and history show. */
const MODELS: readonly (readonly [title: string, llm: object])[] = [
  ["an unknown model compatible with OpenAI", { model: "openai/scripted" }],
  [
    "parameters of sampling",
    { model: "openai/gpt-4o", temperature: 0.3, top_p: 0.9, seed: 7, max_output_tokens: 2_000 },
  ],
  ["a model that keeps its cache", { model: "openai/gpt-4.1" }],
  ["a model of Responses", { model: "openai/gpt-5.2" }],
  [
    "Responses with a summary and without encryption",
    {
      model: "openai/gpt-5.2",
      reasoning_summary: "concise",
      enable_encrypted_reasoning: false,
      reasoning_effort: "low",
    },
  ],
  ["a reasoning model through chat", { model: "openai/o3", api_mode: "chat", temperature: 0.5 }],
  ["a Claude that thinks within a budget", { model: "anthropic/claude-sonnet-4-5" }],
  [
    "a Claude without a cache",
    { model: "anthropic/claude-sonnet-4-5", caching_prompt: false, max_output_tokens: 8_000 },
  ],
  ["a Claude that thinks as it decides", { model: "anthropic/claude-opus-4-6" }],
  ["DeepSeek", { model: "deepseek/deepseek-chat" }],
  ["Mistral", { model: "mistral/mistral-large-latest" }],
  ["xAI", { model: "xai/grok-4" }],
  ["Moonshot", { model: "moonshot/kimi-k2-thinking" }],
  ["OpenRouter", { model: "openrouter/anthropic/claude-sonnet-4.5" }],
  ["a server of vLLM", { model: "hosted_vllm/qwen3", top_k: 40 }],
  ["a proxy with Claude behind it", { model: "litellm_proxy/claude-sonnet-4-5" }],
  [
    "fields and headers of one's own",
    {
      model: "openai/scripted",
      litellm_extra_body: { metadata: { team: "a" } },
      extra_headers: { "x-title": "Mine" },
    },
  ],
];

/** Each server has its own list of prices and windows. */
const UNPRICED = {
  num_retries: 1,
  input_cost_per_token: 0,
  output_cost_per_token: 0,
  max_input_tokens: 200_000,
};

export const modelRequestScenarios: Scenario[] = MODELS.map(([title, llm]) => ({
  name: `models: ${title}`,
  script: [run("echo a"), finish],
  llm: { ...UNPRICED, ...llm },
  fields: true,
}));
