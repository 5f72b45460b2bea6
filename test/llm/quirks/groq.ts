import { chunk, completion, done, type Quirk, words } from "./quirk.ts";

const model = "groq/llama-3.3-70b-versatile";
const failed = {
  error: {
    message:
      "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
    type: "invalid_request_error",
    code: "tool_use_failed",
    failed_generation: '<function=read={"path": "x"}</function>',
  },
};
const invalid = {
  error: {
    message: "tool call validation failed: parameters for tool read did not match schema",
    type: "invalid_request_error",
    code: "tool_use_failed",
  },
};

/** Groq, which reads the calls of a model itself. */
export const groqQuirks: readonly Quirk[] = [
  {
    title: "a call that Groq cannot read is asked for again",
    model,
    config: { stream: false },
    answers: [{ status: 400, body: failed }, { body: completion({ content: "Good" }) }],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "a call against the schema of its tool is asked for again",
    model,
    config: { stream: false },
    answers: [{ status: 400, body: invalid }, { body: completion({ content: "Good" }) }],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "what Groq could not read is told when it stays so",
    model,
    answers: [{ status: 400, body: failed }],
    outcome: { error: "LLMBadRequestError", says: words("Failed to call a function"), requests: 2 },
  },
  {
    title: "the usage of a stream is read from its field x_groq",
    model,
    answers: [
      {
        stream: [
          chunk({ content: "Hi" }),
          chunk({}, "stop", { x_groq: { id: "r1", usage: { prompt_tokens: 23, completion_tokens: 19 } } }),
          done,
        ],
      },
    ],
    outcome: { text: "Hi", usage: { prompt_tokens: 23, completion_tokens: 19 } },
  },
];
