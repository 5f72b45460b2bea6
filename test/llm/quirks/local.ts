import { callChunk, chunk, done, good, type Quirk, words } from "./quirk.ts";

/** Servers on the user's own machine: Ollama, vLLM, llama.cpp, LM Studio. */
export const localQuirks: readonly Quirk[] = [
  {
    title: "Ollama gives every call of a batch the index 0",
    model: "ollama/qwen3-coder:30b",
    answers: [
      {
        stream: [
          callChunk({
            index: 0,
            id: "call_1",
            type: "function",
            function: { name: "read", arguments: '{"path":"x"}' },
          }),
          callChunk({
            index: 0,
            id: "call_2",
            type: "function",
            function: { name: "list", arguments: '{"path":"y"}' },
          }),
          chunk({ role: "assistant", content: "" }, "tool_calls"),
          done,
        ],
      },
    ],
    outcome: {
      calls: [
        ["call_1", "read", { path: "x" }],
        ["call_2", "list", { path: "y" }],
      ],
    },
  },
  {
    title: "Ollama sends all calls in one chunk, without an index",
    model: "ollama/llama3.1",
    answers: [
      {
        stream: [
          callChunk(
            { id: "call_1", type: "function", function: { name: "read", arguments: '{"path":"x"}' } },
            { id: "call_2", type: "function", function: { name: "read", arguments: '{"path":"y"}' } },
          ),
          chunk({ role: "assistant", content: "" }, "stop"),
          done,
        ],
      },
    ],
    outcome: {
      calls: [
        ["call_1", "read", { path: "x" }],
        ["call_2", "read", { path: "y" }],
      ],
    },
  },
  {
    title: "vLLM writes reasoning into the field reasoning",
    model: "hosted_vllm/Qwen/Qwen3.5-9B",
    answers: [
      {
        stream: [
          chunk({ role: null, content: "", reasoning: null }),
          chunk({ reasoning: "Thin" }),
          chunk({ reasoning: "king" }),
          chunk({ content: "Hi", reasoning: null }),
          chunk({ content: null }, "stop"),
          done,
        ],
      },
    ],
    outcome: { text: "Hi", reasoning: "Thinking" },
  },
  {
    title: "llama.cpp begins with content of null and reasons in reasoning_content",
    model: "openai/gemma-4",
    answers: [
      {
        stream: [
          chunk({ role: "assistant", content: null }, null, { timings: { prompt_per_token_ms: null } }),
          chunk({ reasoning_content: "Hm" }),
          chunk({ content: "Hi" }),
          chunk({}, "stop"),
          done,
        ],
      },
    ],
    outcome: { text: "Hi", reasoning: "Hm" },
  },
  {
    title: "llama.cpp answers 200 and reports a prompt that is too long in the stream",
    model: "openai/gemma-4",
    answers: [
      {
        stream: [
          {
            error: {
              code: 400,
              message: "the request exceeds the available context size. try increasing the context size",
              type: "invalid_request_error",
            },
          },
        ],
      },
    ],
    outcome: { error: "LLMContextWindowExceedError", requests: 1 },
  },
  {
    title: "vLLM reports a full queue in the stream, followed by [DONE]",
    model: "hosted_vllm/qwen3",
    answers: [
      {
        stream: [{ error: { message: "engine queue is full", type: "ServiceUnavailable", code: 503 } }, done],
      },
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "an error as an event with its code and details is reported",
    model: "hosted_vllm/qwen3",
    answers: [
      {
        stream: [
          [
            "error",
            { code: 400, details: "Requested sample logprobs of 21, which is greater than max allowed: 20" },
          ],
          done,
        ],
      },
    ],
    outcome: { error: "LLMBadRequestError", says: words("logprobs of 21"), requests: 1 },
  },
  {
    title: "think tags at the start of the text are reasoning",
    model: "lm_studio/qwen3",
    answers: [
      {
        stream: [
          chunk({ content: "<thi" }),
          chunk({ content: "nk>Hm</think>" }),
          chunk({ content: "\n\nHi" }),
          chunk({}, "stop"),
          done,
        ],
      },
    ],
    outcome: { text: "Hi", reasoning: "Hm", streamed: "Hi" },
  },
];
