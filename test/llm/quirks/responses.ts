import type { Message } from "../../../src/wire/events/message.ts";
import type { Recorded } from "../recorded-provider.ts";
import { toolResult, user } from "../recorded-provider.ts";
import { type Quirk, words } from "./quirk.ts";

const model = "openai/gpt-5.5";
const item = { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] };
const good = streamed({
  type: "response.completed",
  response: { id: "r1", status: "completed", output: [item] },
});
const thought = { type: "reasoning", id: "rs_1", summary: [] };

function streamed(...events: object[]): Recorded {
  return { stream: events.map((event) => [(event as { type: string }).type, event] as const) };
}

function called(reasoning: Partial<NonNullable<Message["responses_reasoning_item"]>>): Message {
  return {
    role: "assistant",
    content: [],
    tool_calls: [
      { id: "call_1", responses_item_id: "fc_1", name: "read", arguments: "{}", origin: "responses" },
    ],
    responses_reasoning_item: {
      id: "rs_1",
      summary: [],
      content: null,
      encrypted_content: null,
      status: null,
      ...reasoning,
    },
  };
}

/** OpenAI's Responses, and servers that copy it. */
export const responsesQuirks: readonly Quirk[] = [
  {
    title: "a limit reached while thinking leaves a reply with reasoning alone",
    model,
    config: { stream: false },
    answers: [
      {
        body: {
          id: "r1",
          status: "incomplete",
          incomplete_details: { reason: "max_output_tokens" },
          output: [{ ...thought, summary: [{ type: "summary_text", text: "Hm" }], encrypted_content: "e" }],
        },
      },
    ],
    outcome: { text: "", calls: [], requests: 1 },
  },
  {
    title: "a stream that ends as incomplete is read",
    model,
    answers: [
      streamed({
        type: "response.incomplete",
        response: {
          id: "r1",
          status: "incomplete",
          incomplete_details: { reason: "max_output_tokens" },
          output: [item],
        },
      }),
    ],
    outcome: { text: "Hi", requests: 1 },
  },
  {
    title: "a failed response is tried again where the failure passes",
    model,
    answers: [
      streamed({
        type: "response.failed",
        response: {
          id: "r1",
          status: "failed",
          output: [],
          error: { code: "rate_limit_exceeded", message: "Rate limit reached" },
        },
      }),
      good,
    ],
    outcome: { text: "Hi", requests: 2 },
  },
  {
    title: "an event error is tried again where the failure passes",
    model,
    answers: [
      streamed({ type: "error", code: "server_error", message: "An error occurred", param: null }),
      good,
    ],
    outcome: { text: "Hi", requests: 2 },
  },
  {
    title: "an error within an event error is reported",
    model,
    config: { num_retries: 1 },
    answers: [
      streamed({
        type: "error",
        error: {
          type: "invalid_request_error",
          code: "context_length_exceeded",
          message: "Your input exceeds the context window",
        },
      }),
    ],
    outcome: { error: "LLMContextWindowExceedError", says: words("exceeds the context window") },
  },
  {
    title: "a completed response with an empty output has the items that came before",
    model,
    answers: [
      streamed(
        { type: "response.output_item.done", output_index: 0, item },
        { type: "response.completed", response: { id: "r1", status: "completed", output: [] } },
      ),
    ],
    outcome: { text: "Hi" },
  },
  {
    title: "reasoning that is neither encrypted nor in clear is not sent back, which nothing was stored of",
    model,
    answers: [good],
    request: { messages: [user("Go"), called({}), toolResult("call_1", "read", "one")] },
    outcome: {
      sent: { input: [{ type: "message" }, { type: "function_call" }, { type: "function_call_output" }] },
    },
  },
  {
    title: "reasoning that is sent back has a summary, also an empty one",
    model,
    answers: [good],
    request: {
      messages: [user("Go"), called({ encrypted_content: "e1" }), toolResult("call_1", "read", "one")],
    },
    outcome: {
      sent: {
        input: [
          { type: "message" },
          { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "e1" },
          { type: "function_call", call_id: "call_1" },
          { type: "function_call_output" },
        ],
      },
    },
  },
];
