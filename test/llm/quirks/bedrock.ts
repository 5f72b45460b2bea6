import { delta, end, eventStream, frame, reply } from "../bedrock/event-frames.ts";
import { assistantCalls, toolResult, user } from "../recorded-provider.ts";
import { type Quirk, words } from "./quirk.ts";

const model = "bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0";
const config = { aws_region_name: "us-east-1", caching_prompt: false };
const good = eventStream(
  frame("messageStart", { role: "assistant" }),
  delta(0, { text: "Good" }),
  end("end_turn"),
);

/** Bedrock's Converse. */
export const bedrockQuirks: readonly Quirk[] = [
  {
    title: "throttling before a reply is tried again",
    model,
    config,
    answers: [
      {
        status: 429,
        headers: { "x-amzn-errortype": "ThrottlingException" },
        body: { message: "Too many requests, please wait before trying again." },
      },
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "throttling in the middle of a stream is tried again",
    model,
    config,
    answers: [
      eventStream(
        delta(0, { text: "Hel" }),
        frame("throttlingException", { message: "Too many tokens" }, "exception"),
      ),
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "an error of the model in the middle of a stream is tried again",
    model,
    config,
    answers: [
      eventStream(
        frame(
          "modelStreamErrorException",
          { message: "The system encountered an unexpected error" },
          "exception",
        ),
      ),
      good,
    ],
    outcome: { text: "Good", requests: 2 },
  },
  {
    title: "a call without arguments streams an empty text",
    model,
    config,
    answers: [
      eventStream(
        frame("contentBlockStart", {
          contentBlockIndex: 0,
          start: { toolUse: { toolUseId: "t1", name: "ip" } },
        }),
        delta(0, { toolUse: { input: "" } }),
        end("tool_use"),
      ),
    ],
    outcome: { calls: [["t1", "ip", {}]] },
  },
  {
    title: "an empty result of a tool has words, which the service demands",
    model,
    config,
    answers: [good],
    request: { messages: [user("Go"), assistantCalls(["t1", "run", "{}"]), toolResult("t1", "run", "")] },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          { role: "assistant" },
          { content: [{ toolResult: { toolUseId: "t1", content: [{ text: "(no output)" }] } }] },
        ],
      },
    },
  },
  {
    title: "text of white space alone is left out",
    model,
    config,
    answers: [good],
    request: {
      messages: [
        user("Go"),
        {
          ...assistantCalls(["t1", "run", "{}"]),
          content: [{ type: "text", text: " \n", cache_prompt: false }],
        },
        toolResult("t1", "run", "done"),
      ],
    },
    outcome: {
      sent: {
        messages: [
          { role: "user" },
          { role: "assistant", content: [{ toolUse: { toolUseId: "t1", name: "run", input: {} } }] },
          { role: "user" },
        ],
      },
    },
  },
  {
    title: "an empty description of a tool is left out",
    model,
    config,
    answers: [good],
    request: { tools: [{ name: "run", description: " ", parameters: { type: "object" } }] },
    outcome: {
      sent: {
        toolConfig: { tools: [{ toolSpec: { name: "run", inputSchema: { json: { type: "object" } } } }] },
      },
    },
  },
  {
    title: "a guardrail that withholds the reply is a violation of the policy",
    model,
    config: { ...config, stream: false },
    answers: [reply([], "guardrail_intervened")],
    outcome: { error: "LLMContentPolicyViolationError", says: words("guardrail_intervened"), requests: 1 },
  },
];
