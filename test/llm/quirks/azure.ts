import { chunk, done, type Quirk, words } from "./quirk.ts";

const model = "azure/my-deployment";
const safe = { hate: { filtered: false, severity: "safe" } };

/** Azure OpenAI, with its content filters. */
export const azureQuirks: readonly Quirk[] = [
  {
    title: "a first chunk with results of the filter and no choices is skipped",
    model,
    answers: [
      {
        stream: [
          {
            id: "",
            choices: [],
            created: 0,
            model: "",
            object: "",
            prompt_filter_results: [{ prompt_index: 0, content_filter_results: safe }],
          },
          chunk({ role: "assistant", content: "Hi" }),
          chunk({}, "stop"),
          done,
        ],
      },
    ],
    outcome: { text: "Hi" },
  },
  {
    title: "a last chunk with offsets of the filter and no delta is skipped",
    model,
    answers: [
      {
        stream: [
          chunk({ content: "Hi" }),
          chunk({}, "stop"),
          {
            id: "",
            choices: [
              {
                finish_reason: null,
                index: 0,
                content_filter_offsets: { check_offset: 3 },
                content_filter_results: safe,
              },
            ],
            created: 0,
            model: "",
            object: "",
          },
          done,
        ],
      },
    ],
    outcome: { text: "Hi" },
  },
  {
    title: "a prompt that the filter refuses is a violation of the policy",
    model,
    answers: [
      {
        status: 400,
        body: {
          error: {
            message:
              "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            type: null,
            param: "prompt",
            code: "content_filter",
            status: 400,
            innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: safe },
          },
        },
      },
    ],
    outcome: {
      error: "LLMContentPolicyViolationError",
      says: words("content management policy"),
      requests: 1,
    },
  },
];
