import { expect } from "vitest";
import { assistantCalls, toolResult, user } from "../recorded-provider.ts";
import { chunk, completion, done, good, type Quirk, words } from "./quirk.ts";

const model = "mistral/magistral-medium-latest";
const thought = (value: string) => ({ type: "thinking", thinking: [{ type: "text", text: value }] });

const NINE: unknown = expect.stringMatching(/^[a-zA-Z0-9]{9}$/);

/** Mistral's own service. */
export const mistralQuirks: readonly Quirk[] = [
  {
    title: "content as a list of thinking and text is read, streamed",
    model,
    answers: [
      {
        stream: [
          chunk({ content: [thought("H")] }),
          chunk({ content: [thought("m")] }),
          chunk({ content: [{ type: "text", text: "Hi" }] }),
          chunk({ content: " you" }),
          chunk({}, "stop"),
          done,
        ],
      },
    ],
    outcome: { text: "Hi you", reasoning: "Hm", streamed: "Hi you" },
  },
  {
    title: "content as a list of thinking and text is read, in a whole reply",
    model,
    config: { stream: false },
    answers: [{ body: completion({ content: [thought("Hm"), { type: "text", text: "Hi" }] }) }],
    outcome: { text: "Hi", reasoning: "Hm" },
  },
  {
    title: "ids of another provider's calls become the nine letters and digits that Mistral takes",
    model,
    answers: [good],
    request: {
      messages: [
        user("Go"),
        assistantCalls(["call_PTLP8xhu3uwZk4l3nlnrrJha", "read", "{}"], ["toolu_01A", "read", "{}"]),
        toolResult("call_PTLP8xhu3uwZk4l3nlnrrJha", "read", "one"),
        toolResult("toolu_01A", "read", "two"),
      ],
    },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          { tool_calls: [{ id: NINE }, { id: NINE }] },
          { role: "tool", tool_call_id: NINE, content: "one" },
          { role: "tool", tool_call_id: NINE, content: "two" },
        ],
      },
    },
  },
  {
    title: "an id that Mistral made stays as it is",
    model,
    answers: [good],
    request: {
      messages: [
        user("Go"),
        assistantCalls(["D681PevKs", "read", "{}"]),
        toolResult("D681PevKs", "read", "one"),
      ],
    },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          { tool_calls: [{ id: "D681PevKs" }] },
          { tool_call_id: "D681PevKs", content: "one" },
        ],
      },
    },
  },
  {
    title: "a refusal in the form of a bare message is quoted in its words",
    model,
    answers: [
      {
        status: 400,
        body: {
          object: "error",
          message: "Assistant message must have either content or tool_calls",
          type: "invalid_request_error",
          code: "3280",
        },
      },
    ],
    outcome: {
      error: "LLMBadRequestError",
      says: words("must have either content or tool_calls"),
      requests: 1,
    },
  },
];
