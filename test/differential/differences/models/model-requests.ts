import type { Difference } from "../difference.ts";

const CLAUDE = [
  "models: a Claude that thinks within a budget",
  "models: a Claude without a cache",
  "models: a Claude that thinks as it decides",
];
const RESPONSES = ["models: a model of Responses", "models: Responses with a summary and without encryption"];
const KEEPS_CACHE = "models: a model that keeps its cache";
const IDS = ["log.*.llm_response_id: *", "*stats.usage_to_metrics.default.*.response_id: *"];

/** Differences of the requests to models. */
export const MODEL_REQUEST_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      "models: an unknown model compatible with OpenAI",
      "models: parameters of sampling",
      "models: a reasoning model through chat",
      "models: xAI",
      "models: a server of vLLM",
      "models: fields and headers of one's own",
    ],
    at: ['fields.*.words.messages.*.content: [{"type":"text"}] -> "<text>"'],
    reason: "text without marks is sent as one string, the form that every server takes",
  },
  {
    scenarios: ["models: an unknown model compatible with OpenAI", "models: fields and headers of one's own"],
    at: ['fields.*.fields.reasoning_effort: "high" -> absent'],
    reason: "nothing is known of the model, and servers refuse fields that they do not know",
  },
  {
    scenarios: ["models: a server of vLLM"],
    at: ['fields.*.fields.reasoning_effort: "high" -> absent', "fields.*.fields.top_k: absent -> 40"],
    reason: "the server takes top_k, and refuses an effort where its model has none",
  },
  {
    scenarios: ["models: OpenRouter", "models: a proxy with Claude behind it"],
    at: ['fields.*.words.messages.0.content.1: absent -> {"type":"text"}'],
    reason: "the second part of the instructions names the folder, which the reference does not",
  },
  {
    scenarios: ["models: OpenRouter"],
    at: [
      "fields.*.fields.max_completion_tokens: 64000 -> absent",
      "fields.*.fields.max_tokens: absent -> 64000",
    ],
    reason: "both names are known there; the older one is known to every provider behind it",
  },
  {
    scenarios: ["models: a proxy with Claude behind it"],
    at: [
      "fields.*.fields.max_completion_tokens: 64000 -> absent",
      'fields.*.fields.reasoning_effort: "high" -> absent',
    ],
    reason: "the limit is sent once, and a budget of tokens says how much to think",
  },
  {
    scenarios: ["models: fields and headers of one's own"],
    at: ['fields.*.headers.x-title: "OpenHands, Mine" -> "Mine"'],
    reason: "a header of the configuration replaces the server's own",
  },
  {
    scenarios: ["models: parameters of sampling"],
    at: ["fields.*.fields.temperature: absent -> 0.3", "fields.*.fields.top_p: absent -> 0.9"],
    reason: "what the configuration says is sent, since the model takes it; the reference leaves it out",
  },
  {
    scenarios: [
      "models: a reasoning model through chat",
      ...RESPONSES,
      "models: DeepSeek",
      "models: Mistral",
    ],
    at: ["fields.*.fields.max_*tokens: * -> absent"],
    reason:
      "the provider limits a reply where the configuration does not; the reference cuts it at 16,384 tokens behind an " +
      "address, in the middle of a long file",
  },
  {
    scenarios: ["models: a reasoning model through chat"],
    at: ['fields.*.words.messages.0.role: "user" -> "system"'],
    reason: "the model knows instructions; the reference writes them as words of the user",
  },
  {
    scenarios: [...CLAUDE, ...RESPONSES],
    at: IDS,
    reason: "the id is the provider's; the reference's library makes one of its own",
  },
  {
    scenarios: CLAUDE,
    at: [
      'fields.*.path: "/v1/v1/messages" -> "/v1/messages"',
      'fields.*.headers.authorization: absent -> "Bearer key"',
      'fields.*.words.system.1: absent -> {"type":"text"}',
    ],
    reason:
      "an address may end in /v1 or not, and gateways know the key by either header; the second part of the instructions " +
      "names the folder, which the reference does not",
  },
  {
    scenarios: ["models: a Claude that thinks as it decides"],
    at: ['fields.1.fields.thinking: absent -> {"type":"adaptive","display":"summarized"}'],
    reason: "a Claude that decides itself whether to think takes calls without thinking",
  },
  {
    scenarios: [KEEPS_CACHE],
    at: [
      'log.*.tool_call.responses_item_id: "fc_*" -> absent',
      'log.*.tool_call.origin: "responses" -> "completion"',
      ...IDS,
      "fields.*",
    ],
    reason:
      "behind an address that is not OpenAI's, a model is asked through chat: most such servers know nothing else",
  },
  {
    scenarios: ["models: DeepSeek"],
    at: ['fields.*.fields.thinking: {"type":"enabled"} -> absent'],
    reason: "the name chooses the model that does not think; the reference switches its thinking on",
  },
  {
    scenarios: ["models: Mistral"],
    at: ['fields.1.words.messages.3.tool_call_id: "call_0_0" -> "*"'],
    reason: "Mistral takes ids of nine letters and digits alone",
  },
];
