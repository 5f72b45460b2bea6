import { assistantCalls, toolResult, user } from "../recorded-provider.ts";
import { completion, good, type Quirk } from "./quirk.ts";

const called = [
  user("Go"),
  { ...assistantCalls(["a", "read", "{}"]), reasoning_content: "Hm" },
  toolResult("a", "read", "one"),
];

/** DeepSeek's own service. */
export const deepseekQuirks: readonly Quirk[] = [
  {
    title: "a call that lacks its reasoning is sent again with it",
    model: "openai/an-alias",
    answers: [
      {
        status: 400,
        body: {
          error: {
            message: "Missing `reasoning_content` field in the assistant message at message index 2.",
            type: "invalid_request_error",
            code: "invalid_request_error",
          },
        },
      },
      good,
    ],
    request: { messages: called },
    config: { num_retries: 1 },
    outcome: {
      text: "Good",
      requests: 2,
      sent: { messages: [{ role: "user" }, { reasoning_content: "Hm" }, { role: "tool" }] },
    },
  },
  {
    title: "a call of another model without reasoning gets a field that is not empty",
    model: "deepseek/deepseek-reasoner",
    answers: [good],
    request: { messages: [user("Go"), assistantCalls(["a", "read", "{}"]), toolResult("a", "read", "one")] },
    outcome: { sent: { messages: [{ role: "user" }, { reasoning_content: " " }, { role: "tool" }] } },
  },
  {
    title: "empty lines before a whole reply, which keep the connection open, are skipped",
    model: "deepseek/deepseek-chat",
    config: { stream: false },
    answers: [{ body: `\n\n\n${JSON.stringify(completion({ content: "Hi" }))}` }],
    outcome: { text: "Hi" },
  },
];
