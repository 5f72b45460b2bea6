import { callChunk, chunk, completion, done, good, type Quirk, words } from "./quirk.ts";

const model = "openai/some-model";
const finish = chunk({}, "tool_calls");
const counted = { id: "c1", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } };
const both = [
  ["a", "read", { path: "x" }],
  ["b", "read", { path: "y" }],
] as const;

/** Servers and gateways that copy OpenAI's protocol. */
export const compatibleQuirks: readonly Quirk[] = [
  {
    title: "pieces of calls without an index are joined by their ids",
    model,
    answers: [
      {
        stream: [
          callChunk({ id: "a", type: "function", function: { name: "read", arguments: '{"path":"x"}' } }),
          callChunk({ id: "b", type: "function", function: { name: "read", arguments: '{"path":"y"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: both },
  },
  {
    title: "an index of null is no index",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: null, id: "a", function: { name: "read", arguments: "" } }),
          callChunk({ index: null, id: null, function: { name: null, arguments: '{"path":"x"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "two calls with the same index stay two calls",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: '{"path":"x"}' } }),
          callChunk({ index: 0, id: "b", function: { name: "read", arguments: '{"path":"y"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: both },
  },
  {
    title: "pieces of two calls in turns are joined by index",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: "" } }),
          callChunk({ index: 1, id: "b", function: { name: "read", arguments: "" } }),
          callChunk(
            { index: 0, function: { arguments: '{"path":' } },
            { index: 1, function: { arguments: '{"path":' } },
          ),
          callChunk(
            { index: 1, function: { arguments: '"y"}' } },
            { index: 0, function: { arguments: '"x"}' } },
          ),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: both },
  },
  {
    title: "pieces with neither id nor index continue the newest call",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: '{"pa' } }),
          callChunk({ function: { arguments: 'th":"x"}' } }),
          callChunk({ index: 1, id: "b", function: { name: "read", arguments: '{"pa' } }),
          callChunk({ function: { arguments: 'th":"y"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: both },
  },
  {
    title: "an empty id and an empty name in later pieces do not replace the first",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: "{" } }),
          callChunk({ index: 0, id: "", function: { name: "", arguments: '"path": ' } }),
          callChunk({ index: 0, id: "", function: { name: "", arguments: '"x"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "an id and a name of null in later pieces do not replace the first",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: "" } }),
          callChunk({ index: 0, id: null, function: { name: null, arguments: '{"path":"x"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "a name that is empty at first is read from a later piece, with the arguments before it",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "", arguments: '{"path"' } }),
          callChunk({ index: 0, function: { name: "read", arguments: ':"x"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "a name repeated in every piece is one call",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: '{"path"' } }),
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: ':"x"}' } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "arguments that are an object are read, streamed",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: { path: "x" } } }),
          finish,
          done,
        ],
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "arguments that are an object are read, in a whole reply",
    model,
    config: { stream: false },
    answers: [
      {
        body: completion({ tool_calls: [{ id: "a", function: { name: "read", arguments: { path: "x" } } }] }),
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "a call without arguments has none",
    model,
    config: { stream: false },
    answers: [
      {
        body: completion({
          content: null,
          tool_calls: [{ id: "a", function: { name: "ip", arguments: "" } }],
        }),
      },
    ],
    outcome: { calls: [["a", "ip", {}]] },
  },
  {
    title: "data of null between chunks is skipped",
    model,
    answers: [
      {
        stream: [
          chunk({ reasoning_content: "Hm" }),
          "null",
          chunk({ content: "Hi" }),
          chunk({}, "stop"),
          done,
        ],
      },
    ],
    outcome: { text: "Hi", reasoning: "Hm", requests: 1 },
  },
  {
    title: "choices of null in the chunk with the usage are skipped",
    model,
    answers: [
      {
        stream: [
          chunk({ content: "Hi" }),
          chunk({}, "stop"),
          { id: "c1", choices: null, usage: { prompt_tokens: 3, completion_tokens: 1 } },
          done,
        ],
      },
    ],
    outcome: { text: "Hi", usage: { prompt_tokens: 3, completion_tokens: 1 } },
  },
  {
    title: "a chunk without choices has the usage",
    model,
    answers: [
      {
        stream: [
          chunk({ content: "Hi" }),
          chunk({}, "stop"),
          { id: "c1", usage: { prompt_tokens: 3, completion_tokens: 1 } },
          done,
        ],
      },
    ],
    outcome: { text: "Hi", usage: { prompt_tokens: 3 } },
  },
  {
    title: "a usage of null in each chunk but the last is skipped",
    model,
    answers: [
      {
        stream: [
          chunk({ content: "Hi" }, null, { usage: null }),
          chunk({}, "stop", { usage: null }),
          { id: "c1", choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } },
          done,
        ],
      },
    ],
    outcome: { text: "Hi", usage: { prompt_tokens: 3 } },
  },
  {
    title: "a reply ends at [DONE], also where the connection stays open",
    model,
    config: { timeout: 5 },
    answers: [{ stream: [chunk({ content: "Hi" }), chunk({}, "stop"), done], hang: true }],
    outcome: { text: "Hi", requests: 1 },
  },
  {
    title: "a reply with its usage that ends with [DONE] is whole, also without a reason",
    model,
    answers: [{ stream: [chunk({ content: "Hello" }), chunk({ content: " you" }), counted, done] }],
    outcome: { text: "Hello you", requests: 1 },
  },
  {
    title: "a call cut off before [DONE] is not run",
    model,
    answers: [
      {
        stream: [
          callChunk({ index: 0, id: "a", function: { name: "read", arguments: '{"pa' } }),
          counted,
          done,
        ],
      },
      good,
    ],
    outcome: { text: "Good", calls: [], requests: 2 },
  },
  {
    title: "a reply without its usage and without a reason is cut off, also where it ends with [DONE]",
    model,
    answers: [{ stream: [chunk({ content: "Hel" }), done] }, good],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "a stream that ends without a reason and without [DONE] is asked for again",
    model,
    answers: [{ stream: [chunk({ content: "Hel" })] }, good],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "an error in the place of a chunk is reported, and a passing one tried again",
    model,
    answers: [
      {
        stream: [
          chunk({ content: "Hel" }),
          { error: { type: "server_error", message: "upstream is overloaded" } },
        ],
      },
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "calls count also where the reason is stop",
    model,
    config: { stream: false },
    answers: [
      {
        body: completion(
          { tool_calls: [{ id: "a", function: { name: "read", arguments: '{"path":"x"}' } }] },
          "stop",
        ),
      },
    ],
    outcome: { calls: [both[0]] },
  },
  {
    title: "a reason of tool_calls without calls makes no call",
    model,
    config: { stream: false },
    answers: [{ body: completion({ content: "Hi" }, "tool_calls") }],
    outcome: { text: "Hi", calls: [] },
  },
  {
    title: "reasoning under both names is not doubled",
    model,
    answers: [
      {
        stream: [
          chunk({ reasoning: "Hm", reasoning_content: "Hm" }),
          chunk({ content: "Hi" }),
          chunk({}, "stop"),
          done,
        ],
      },
    ],
    outcome: { text: "Hi", reasoning: "Hm" },
  },
  {
    title: "halves of a character in a prompt are replaced, which strict parsers refuse",
    model,
    answers: [good],
    request: {
      messages: [{ role: "user", content: [{ type: "text", text: "a\ud83d b", cache_prompt: false }] }],
    },
    outcome: { sent: { messages: [{ role: "user", content: "a\ufffd b" }] } },
  },
  {
    title: "a character whose halves arrive in two chunks is whole",
    model,
    answers: [
      { stream: [chunk({ content: "a\ud83d" }), chunk({ content: "\ude00b" }), chunk({}, "stop"), done] },
    ],
    outcome: { text: "a\u{1f600}b" },
  },
  {
    title: "an insufficient balance in a reply of status 200 is reported",
    model: "minimax/MiniMax-M2",
    answers: [
      {
        body: {
          id: "c1",
          choices: null,
          base_resp: { status_code: 1008, status_msg: "insufficient balance" },
        },
      },
    ],
    outcome: { error: "LLMError", says: words("insufficient balance"), requests: 1 },
  },
  {
    title: "an error without the field error is reported",
    model,
    answers: [
      {
        stream: [
          { object: "error", message: "This model's maximum context length is 4096 tokens", code: 400 },
          done,
        ],
      },
    ],
    outcome: { error: "LLMContextWindowExceedError", requests: 1 },
  },
];
