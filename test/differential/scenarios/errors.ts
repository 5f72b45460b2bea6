import type { Scenario } from "../scenario.ts";
import { finish } from "../scenario.ts";

/** One try, so that nobody waits between two. */
const once = { num_retries: 1 };

function refused(name: string, status: number, message: string): Scenario {
  return { name, script: [{ error: { status, message } }], llm: once };
}

export const errorScenarios: Scenario[] = [
  refused("the model refuses the key (401)", 401, "Incorrect API key provided"),
  refused("the model forbids (403)", 403, "You are not allowed to use this model"),
  refused("no such model (404)", 404, "The model `scripted` does not exist"),
  refused("a bad request (400)", 400, "no such parameter"),
  refused("unprocessable (422)", 422, "cannot be processed"),
  refused("too many requests (429)", 429, "Rate limit reached"),
  refused(
    "no credit left (429)",
    429,
    "You exceeded your current quota, please check your plan and billing details",
  ),
  refused("the model fails (500)", 500, "The server had an error"),
  refused("the model is overloaded (503)", 503, "Service unavailable"),
  refused(
    "a context overflow",
    400,
    "This model's maximum context length is 10 tokens. Please reduce the length of the messages.",
  ),
  {
    name: "content policy, then better",
    script: [
      { error: { status: 400, message: "Your request was rejected: content_policy_violation" } },
      finish,
    ],
    llm: once,
  },
  {
    name: "a bad history",
    script: [
      {
        error: {
          status: 400,
          message: "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after",
        },
      },
    ],
    llm: once,
  },
  {
    name: "a refusal of the content filter, then better",
    script: [{ text: "", finishReason: "content_filter" }, finish],
  },
  {
    name: "no choices, then better",
    script: [
      {
        raw: {
          id: "reply-0",
          object: "chat.completion",
          created: 1,
          model: "scripted",
          choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 },
        },
      },
      finish,
    ],
    llm: { num_retries: 2, retry_min_wait: 0, retry_max_wait: 0 },
  },
  {
    name: "a failure, then better",
    script: [{ error: { status: 500, message: "The server had an error" } }, finish],
    llm: { num_retries: 2, retry_min_wait: 0, retry_max_wait: 0 },
  },
  {
    name: "a message after an error",
    script: [{ error: { status: 401, message: "Incorrect API key provided" } }, { text: "Better." }],
    llm: once,
    drive: async (client) => {
      await client.sendAndWait("First.");
      await client.sendAndWait("Second.");
    },
  },
  {
    name: "the same key refused in other words",
    script: [
      { error: { status: 401, message: "invalid x-api-key" } },
      { error: { status: 401, message: "Your authentication token has expired: sk-abc" } },
      { error: { status: 403, message: "Incorrect API key provided" } },
      { error: { status: 400, message: "Incorrect API key provided" } },
    ],
    llm: once,
    drive: async (client) => {
      for (const text of ["First.", "Second.", "Third.", "Fourth."]) await client.sendAndWait(text);
    },
  },
  {
    name: "errors of the server that the model runs on",
    script: [
      { error: { status: 408, message: "Request timeout" } },
      { error: { status: 409, message: "Conflict" } },
      { error: { status: 413, message: "Payload too large" } },
      { error: { status: 502, message: "Bad gateway" } },
      { error: { status: 504, message: "Gateway timeout" } },
      { error: { status: 529, message: "Overloaded" } },
      { error: { status: 402, message: "Insufficient balance" } },
      { error: { status: 429, message: "Budget has been exceeded" } },
    ],
    llm: once,
    drive: async (client) => {
      for (let turn = 0; turn < 8; turn += 1) await client.sendAndWait(`Turn ${turn}.`);
    },
  },
  { name: "nobody listens", script: [], llm: { ...once, base_url: "http://127.0.0.1:9/v1" } },
];
