import { expect } from "vitest";
import type { Recorded } from "../recorded-provider.ts";
import { toolResult, user } from "../recorded-provider.ts";
import { type Quirk, words } from "./quirk.ts";

const model = "anthropic/claude-sonnet-4-5";
const start = {
  type: "message_start",
  message: {
    id: "m1",
    type: "message",
    role: "assistant",
    model: "c",
    content: [],
    usage: { input_tokens: 5, output_tokens: 1 },
  },
};
const stop = { type: "message_stop" };

function block(index: number, content_block: object, ...deltas: object[]): object[] {
  return [
    { type: "content_block_start", index, content_block },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

function end(stop_reason: string): object {
  return { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 9 } };
}

function streamed(...events: object[]): Recorded {
  return { stream: events.map((event) => [(event as { type: string }).type, event] as const) };
}

const text = (value: string) => block(0, { type: "text", text: "" }, { type: "text_delta", text: value });
const good = streamed(start, ...text("Good"), end("end_turn"), stop);

const WITHOUT_THINKING = expect.not.objectContaining({ thinking: expect.anything() }) as Record<
  string,
  unknown
>;

/** Anthropic's own service, and servers that copy it. */
export const anthropicQuirks: readonly Quirk[] = [
  {
    title: "an overload in the middle of a stream is tried again",
    model,
    answers: [
      streamed(start, ...text("Hel"), {
        type: "error",
        error: { details: null, type: "overloaded_error", message: "Overloaded" },
      }),
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "an error of the service in the middle of a stream is tried again",
    model,
    answers: [
      streamed(start, { type: "error", error: { type: "api_error", message: "Internal server error" } }),
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "a refusal without content is a violation of the policy, not an empty reply",
    model,
    answers: [streamed(start, end("refusal"), stop)],
    outcome: { error: "LLMContentPolicyViolationError", says: words("refus"), requests: 1 },
  },
  {
    title: "a full context window cuts a reply off, and that is an error of the window",
    model,
    answers: [streamed(start, ...text("The answer to"), end("model_context_window_exceeded"), stop)],
    outcome: { error: "LLMContextWindowExceedError", requests: 1 },
  },
  {
    title: "a turn that pauses is handed on with what it has",
    model,
    answers: [streamed(start, ...text("Searching"), end("pause_turn"), stop)],
    outcome: { text: "Searching", requests: 1 },
  },
  {
    title: "the signature of thinking comes in a piece of its own and is kept",
    model,
    answers: [
      streamed(
        start,
        ...block(
          0,
          { type: "thinking", thinking: "", signature: "" },
          { type: "thinking_delta", thinking: "H" },
          { type: "thinking_delta", thinking: "m" },
          { type: "signature_delta", signature: "sig-1" },
        ),
        ...block(
          1,
          { type: "tool_use", id: "t1", name: "read", input: {} },
          { type: "input_json_delta", partial_json: '{"path":"x"}' },
        ),
        end("tool_use"),
        stop,
      ),
    ],
    outcome: {
      reasoning: "Hm",
      thinking: [{ type: "thinking", thinking: "Hm", signature: "sig-1" }],
      calls: [["t1", "read", { path: "x" }]],
    },
  },
  {
    title: "thinking, also redacted, goes back unchanged before the calls that it led to",
    model,
    answers: [good],
    request: {
      messages: [
        user("Go"),
        {
          role: "assistant",
          content: [],
          tool_calls: [{ id: "t1", name: "read", arguments: "{}", origin: "completion" }],
          thinking_blocks: [
            { type: "thinking", thinking: "Hm", signature: "sig-1" },
            { type: "redacted_thinking", data: "x1" },
          ],
        },
        toolResult("t1", "read", "one"),
      ],
    },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          {
            role: "assistant",
            content: [
              { type: "thinking", thinking: "Hm", signature: "sig-1" },
              { type: "redacted_thinking", data: "x1" },
              { type: "tool_use", id: "t1" },
            ],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "t1" }] },
        ],
      },
    },
  },
  {
    title: "calls of another model, without thinking, are gone on from without a budget to think",
    model,
    answers: [good],
    request: {
      messages: [
        user("Go"),
        {
          role: "assistant",
          content: [],
          tool_calls: [{ id: "t1", name: "read", arguments: "{}", origin: "completion" }],
          thinking_blocks: [{ type: "thinking", thinking: "unsigned", signature: null }],
        },
        toolResult("t1", "read", "one"),
      ],
    },
    outcome: { sent: WITHOUT_THINKING },
  },
  {
    title: "a call with an empty piece of arguments has none",
    model,
    answers: [
      streamed(
        start,
        ...block(
          0,
          { type: "tool_use", id: "t1", name: "ip", input: {} },
          { type: "input_json_delta", partial_json: "" },
        ),
        end("tool_use"),
        stop,
      ),
    ],
    outcome: { calls: [["t1", "ip", {}]] },
  },
  {
    title: "halves of a character in a prompt are replaced, which the service refuses",
    model,
    answers: [good],
    request: {
      messages: [{ role: "user", content: [{ type: "text", text: "a\ud83d b", cache_prompt: false }] }],
    },
    outcome: { sent: { messages: [{ role: "user", content: [{ type: "text", text: "a\ufffd b" }] }] } },
  },
  {
    title: "ids with the colons and dots of Kimi are written with the characters that the service takes",
    model,
    answers: [good],
    request: {
      messages: [
        user("Go"),
        {
          role: "assistant",
          content: [],
          tool_calls: [{ id: "functions.read:0", name: "read", arguments: "{}", origin: "completion" }],
        },
        toolResult("functions.read:0", "read", "one"),
      ],
    },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          { content: [{ type: "tool_use", id: "functions_read_0" }] },
          { content: [{ type: "tool_result", tool_use_id: "functions_read_0" }] },
        ],
      },
    },
  },
];
