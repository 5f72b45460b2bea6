import { assistantCalls, toolResult, user } from "../recorded-provider.ts";
import { chunk, completion, done, good, type Quirk, words } from "./quirk.ts";

const model = "openrouter/some/model";
const upstream = {
  code: 502,
  message: "Provider disconnected",
  metadata: { error_type: "provider_unavailable" },
};
const limited = {
  message: "Rate limit exceeded: free-models-per-min",
  code: 429,
  metadata: { provider_name: "x" },
};

/** OpenRouter, which answers with 200 before it knows whether a model answers. */
export const openRouterQuirks: readonly Quirk[] = [
  {
    title: "comments between the events are skipped",
    model,
    answers: [
      {
        headers: { "content-type": "text/event-stream" },
        body: [
          ": OPENROUTER PROCESSING\n",
          `data: ${JSON.stringify(chunk({ content: "Hi" }))}\n`,
          ": OPENROUTER PROCESSING\n",
          `data: ${JSON.stringify(chunk({}, "stop"))}\n`,
          "data: [DONE]\n\n",
        ].join("\n"),
      },
    ],
    outcome: { text: "Hi", requests: 1 },
  },
  {
    title: "a failure of status 502 in the middle of a stream is tried again",
    model,
    answers: [
      { stream: [chunk({ content: "Hel" }), { ...chunk({ content: "" }, "error"), error: upstream }, done] },
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "a failure of status 400 in the middle of a stream is not tried again",
    model,
    answers: [
      {
        stream: [
          { choices: [], error: { code: 400, message: "prompt is too long: 1284668 tokens > 1000000" } },
        ],
      },
    ],
    outcome: { error: "LLMContextWindowExceedError", requests: 1 },
  },
  {
    title: "a rate limit in the place of a reply of status 200 is tried again",
    model,
    config: { stream: false },
    answers: [{ body: { error: limited, user_id: "u" } }, { body: completion({ content: "Good" }) }],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "an error beside an empty choice is the error",
    model,
    config: { stream: false, num_retries: 1 },
    answers: [
      {
        body: completion({ content: null }, "stop", {
          error: { ...limited, message: "Provider returned error" },
        }),
      },
    ],
    outcome: { error: "LLMRateLimitError", says: words("Provider returned error") },
  },
  {
    title: "an error within a choice is the error",
    model,
    answers: [
      {
        stream: [
          { choices: [{ index: 0, delta: { content: "" }, finish_reason: "error", error: upstream }] },
        ],
      },
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title:
      "Claude is asked for an effort, since a budget to think means nothing there, and the price is asked for",
    model: "openrouter/anthropic/claude-sonnet-4.5",
    answers: [good],
    request: { messages: [user("Go"), assistantCalls(["a", "read", "{}"]), toolResult("a", "read", "one")] },
    outcome: {
      sent: {
        reasoning_effort: "high",
        usage: { include: true },
        messages: [
          { role: "user" },
          { role: "assistant" },
          { role: "tool", content: [{ type: "text", text: "one", cache_control: { type: "ephemeral" } }] },
        ],
      },
    },
  },
  {
    title: "a reason of error without an error is a failure, and tried again",
    model,
    answers: [{ stream: [chunk({ content: "Hel" }), chunk({}, "error"), done] }, good],
    outcome: { text: "Good", requests: 2 },
  },
];
