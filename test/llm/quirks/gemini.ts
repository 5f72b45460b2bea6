import { assistantCalls, toolResult, user } from "../recorded-provider.ts";
import { callChunk, chunk, completion, done, good, type Quirk, words } from "./quirk.ts";

const model = "gemini/gemini-3-pro-preview";
const signed = { extra_content: { google: { thought_signature: "sig-1" } } };
const block = { type: "redacted_thinking" as const, data: "gemini-thought:sig-1" };

/** Gemini at its endpoint that is compatible with OpenAI. */
export const geminiQuirks: readonly Quirk[] = [
  {
    title: "the signature of a call is kept, streamed",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: "{}" }, ...signed }),
          callChunk({ index: 1, id: "b", function: { name: "read", arguments: "{}" } }),
          chunk({}, "stop"),
          done,
        ],
      },
    ],
    outcome: {
      calls: [
        ["a", "read", {}],
        ["b", "read", {}],
      ],
      thinking: [block],
    },
  },
  {
    title: "the signature goes back with the first call of a batch alone",
    model,
    answers: [good],
    request: {
      messages: [
        user("Go"),
        { ...assistantCalls(["a", "read", "{}"], ["b", "read", "{}"]), thinking_blocks: [block] },
        toolResult("a", "read", "one"),
        toolResult("b", "read", "two"),
      ],
    },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          {
            tool_calls: [
              { id: "a", ...signed },
              { id: "b", type: "function", function: { name: "read", arguments: "{}" } },
            ],
          },
          { role: "tool" },
          { role: "tool" },
        ],
      },
    },
  },
  {
    title: "a first call without a signature gets the mark that skips the check",
    model,
    answers: [good],
    request: {
      messages: [user("Go"), assistantCalls(["a", "read", "{}"]), toolResult("a", "read", "one")],
    },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          {
            tool_calls: [
              {
                id: "a",
                extra_content: { google: { thought_signature: "skip_thought_signature_validator" } },
              },
            ],
          },
          { role: "tool" },
        ],
      },
    },
  },
  {
    title: "a call without an id, in a reply that stops, is a call",
    model,
    config: { stream: false },
    answers: [
      {
        body: completion({
          content: null,
          tool_calls: [{ id: "", type: "function", function: { name: "search", arguments: '{"q":"x"}' } }],
        }),
      },
    ],
    outcome: { calls: [["", "search", { q: "x" }]] },
  },
  {
    title: "a malformed call of the model is asked for again, in a whole reply",
    model,
    config: { stream: false },
    answers: [
      {
        body: {
          id: "c1",
          model: "m",
          choices: [
            {
              index: 0,
              finish_reason: "function_call_filter: MALFORMED_FUNCTION_CALL",
              message: { role: "assistant" },
            },
          ],
        },
      },
      { body: completion({ content: "Good" }) },
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "a malformed call of the model is asked for again, streamed",
    model,
    answers: [
      { stream: [chunk({ role: "assistant" }, "function_call_filter: MALFORMED_FUNCTION_CALL"), done] },
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "an error as a list of one is read",
    model,
    answers: [
      {
        status: 429,
        body: [
          { error: { code: 429, message: "Resource has been exhausted", status: "RESOURCE_EXHAUSTED" } },
        ],
      },
    ],
    config: { num_retries: 1 },
    outcome: { error: "LLMRateLimitError", says: words("Resource has been exhausted") },
  },
];
