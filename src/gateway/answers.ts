import type { ChatCompletion } from "../wire/gateway/chat-completions.ts";
import type { OpenAiResponse, ResponseRequest } from "../wire/gateway/responses.ts";
import type { GatewayAnswer } from "./gateway.ts";

/** Facts of an answer that the conversation does not have. */
export interface AnswerFacts {
  /** 32 hex digits. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
}

export function toChatCompletion(
  { text, stats }: GatewayAnswer,
  { model, id, at }: AnswerFacts & { model: string },
): ChatCompletion {
  const { prompt, completion } = tokensIn(stats);
  return {
    id: `chatcmpl-${id}`,
    choices: [{ finish_reason: "stop", index: 0, message: { content: text, role: "assistant" } }],
    created: Math.floor(at / 1_000),
    model,
    object: "chat.completion",
    usage: { completion_tokens: completion, prompt_tokens: prompt, total_tokens: prompt + completion },
  };
}

export function toResponse(
  { text, stats }: GatewayAnswer,
  {
    request: { model, instructions, metadata },
    startedAt,
    messageId,
    id,
    at,
  }: AnswerFacts & { request: ResponseRequest; startedAt: number; messageId: string },
): OpenAiResponse {
  const { prompt, completion, cached, reasoning } = tokensIn(stats);
  return {
    id: `resp_${id}`,
    created_at: startedAt / 1_000,
    completed_at: at / 1_000,
    ...(instructions !== null && { instructions }),
    ...(metadata !== null && { metadata }),
    model,
    object: "response",
    output: [
      {
        id: `msg_${messageId}`,
        content: [{ annotations: [], text, type: "output_text" }],
        role: "assistant",
        status: "completed",
        type: "message",
      },
    ],
    parallel_tool_calls: false,
    status: "completed",
    tool_choice: "none",
    tools: [],
    usage: {
      input_tokens: prompt,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: completion,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: prompt + completion,
    },
  };
}

/** The text of a stream of server-sent events that says the same as a completion, piece by piece. */
export function chatStream(
  { id, created, model, choices, usage }: ChatCompletion,
  { includeUsage }: { includeUsage: boolean },
): string {
  const chunk = (rest: object) => ({ id, ...rest, created, model, object: "chat.completion.chunk" });
  const piece = (delta: object, end: object = {}) => chunk({ choices: [{ delta, ...end, index: 0 }] });
  const [choice] = choices;
  const chunks = [
    piece({ role: "assistant" }),
    piece({ content: choice?.message.content ?? "" }),
    piece({}, { finish_reason: "stop" }),
    ...(includeUsage ? [{ ...chunk({ choices: [] }), usage }] : []),
  ];
  return [...chunks.map((one) => JSON.stringify(one)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
}

function tokensIn({ usage_to_metrics: accounts = {} }: GatewayAnswer["stats"]) {
  const sum = { prompt: 0, completion: 0, cached: 0, reasoning: 0 };
  for (const { accumulated_token_usage: usage } of Object.values(accounts)) {
    sum.prompt += usage?.prompt_tokens ?? 0;
    sum.completion += usage?.completion_tokens ?? 0;
    sum.cached += usage?.cache_read_tokens ?? 0;
    sum.reasoning += usage?.reasoning_tokens ?? 0;
  }
  return sum;
}
