import type { Difference } from "../difference.ts";

const LLAMA = ["Groq: a Llama", "Groq: parameters of sampling", "Groq: a reply word by word"];
const THINKING = "Groq: a model that thinks";
const QWEN = "Groq: a Qwen that thinks";
const KIMI = "Groq: a Kimi that takes texts alone";

/** Models at Groq. */
export const GROQ_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      ...LLAMA,
      ...[THINKING, QWEN, KIMI],
      "Groq: a model that no list has",
      "Groq: prices and a window of one's own",
    ],
    at: ['fields.*.words.messages.*.content: [{"type":"text"}] -> "<text>"'],
    reason: "text without marks is sent as one string, the form that every server takes",
  },
  {
    scenarios: [...LLAMA, QWEN, KIMI],
    at: ["*stats.usage_to_metrics.default.accumulated_cost: 0 -> *", "*.costs.*: absent -> {*}"],
    reason:
      "a reply costs what the list says of the model that was asked; the reference goes by the name in the reply or does " +
      "not have it",
  },
  {
    scenarios: [QWEN, KIMI],
    at: ["*.context_window: 0 -> 131072"],
    reason: "the list knows the model",
  },
  {
    scenarios: ["Groq: parameters of sampling"],
    at: [
      "fields.*.fields.max_tokens: 2000 -> absent",
      "fields.*.fields.max_completion_tokens: absent -> 2000",
      "fields.*.fields.top_k: 40 -> absent",
    ],
    reason: "Groq has given max_tokens another name, and does not take top_k",
  },
  {
    scenarios: [THINKING],
    at: ["fields.*.fields.max_tokens: 16384 -> absent"],
    reason:
      "the provider limits a reply where the configuration does not; the reference cuts it at 16,384 tokens behind an " +
      "address, in the middle of a long file",
  },
  {
    scenarios: ["Groq: a reply word by word"],
    at: ["*.reasoning_tokens: 3 -> 0"],
    reason:
      "tokens are those that the provider counts; the reference's library counts those of a thought itself",
  },
  {
    scenarios: ["Groq: a request that is too large"],
    at: [
      'log.5 ConversationErrorEvent.code: "LLMRateLimitError" -> "LLMContextWindowExceedError"',
      'log.5 ConversationErrorEvent.classification.kind: "rate_limit" -> "agent_action"',
    ],
    reason: "a prompt that is larger than the limit never fits, however long one waits: it is made smaller",
  },
];
