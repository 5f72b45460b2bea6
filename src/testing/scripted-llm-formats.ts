import type { ReplyPart } from "./llm-script.ts";

export interface NumberedReply {
  /** Counted from 0; makes the ids. */
  number: number;
  model: string;
  parts: readonly ReplyPart[];
}

/** One server-sent event. */
export interface Frame {
  event?: string;
  data: unknown;
}

/** How a provider writes a reply, whole and in pieces. */
export interface ReplyFormat {
  /** The end of the path it answers at. */
  path: string;
  whole(reply: NumberedReply): unknown;
  frames(reply: NumberedReply): Iterable<Frame>;
}

const PROMPT_TOKENS = 100;
const COMPLETION_TOKENS = 10;

function textOf(parts: readonly ReplyPart[], type: "text" | "reasoning"): string {
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

function callsOf({ parts, number }: NumberedReply) {
  return parts
    .filter((part) => part.type === "call")
    .map((part, index) => ({ ...part, index, id: part.id ?? `call_${number}_${index}` }));
}

function words(value: string): string[] {
  return value.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
}

/** Two halves, so that readers have to join them. */
function halves(json: string): string[] {
  const middle = Math.ceil(json.length / 2);
  return [json.slice(0, middle), json.slice(middle)].filter((half) => half !== "");
}

const chat: ReplyFormat = {
  path: "/chat/completions",
  whole(reply) {
    const calls = callsOf(reply);
    const reasoning = textOf(reply.parts, "reasoning");
    return {
      id: `chatcmpl-${reply.number}`,
      object: "chat.completion",
      created: 0,
      model: reply.model,
      choices: [
        {
          index: 0,
          finish_reason: calls.length > 0 ? "tool_calls" : "stop",
          message: {
            role: "assistant",
            content: textOf(reply.parts, "text") || null,
            ...(reasoning && { reasoning_content: reasoning }),
            ...(calls.length > 0 && {
              tool_calls: calls.map((part) => ({
                id: part.id,
                type: "function",
                function: { name: part.tool, arguments: part.arguments },
              })),
            }),
          },
        },
      ],
      usage: chatUsage(),
    };
  },
  *frames(reply) {
    const base = {
      id: `chatcmpl-${reply.number}`,
      object: "chat.completion.chunk",
      created: 0,
      model: reply.model,
    };
    const piece = (delta: object, finish_reason: string | null = null) => ({
      data: { ...base, choices: [{ index: 0, delta, finish_reason }] },
    });
    yield piece({ role: "assistant", content: "" });
    for (const part of reply.parts) {
      if (part.type === "call") continue;
      for (const word of words(part.text)) {
        yield piece(part.type === "text" ? { content: word } : { reasoning_content: word });
      }
    }
    const calls = callsOf(reply);
    for (const { index, id, tool, arguments: json } of calls) {
      yield piece({ tool_calls: [{ index, id, type: "function", function: { name: tool, arguments: "" } }] });
      for (const half of halves(json))
        yield piece({ tool_calls: [{ index, function: { arguments: half } }] });
    }
    yield piece({}, calls.length > 0 ? "tool_calls" : "stop");
    yield { data: { ...base, choices: [], usage: chatUsage() } };
    yield { data: "[DONE]" };
  },
};

function chatUsage() {
  const total_tokens = PROMPT_TOKENS + COMPLETION_TOKENS;
  return { prompt_tokens: PROMPT_TOKENS, completion_tokens: COMPLETION_TOKENS, total_tokens };
}

const responses: ReplyFormat = {
  path: "/responses",
  whole(reply) {
    return {
      id: `resp_${reply.number}`,
      object: "response",
      created_at: 0,
      status: "completed",
      model: reply.model,
      output: outputItems(reply),
      usage: {
        input_tokens: PROMPT_TOKENS,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: COMPLETION_TOKENS,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: PROMPT_TOKENS + COMPLETION_TOKENS,
      },
    };
  },
  *frames(reply) {
    const named = (data: { type: string } & Record<string, unknown>): Frame => ({ event: data.type, data });
    yield named({ type: "response.created", response: { id: `resp_${reply.number}`, output: [] } });
    for (const word of words(textOf(reply.parts, "reasoning"))) {
      yield named({ type: "response.reasoning_summary_text.delta", delta: word });
    }
    for (const word of words(textOf(reply.parts, "text"))) {
      yield named({ type: "response.output_text.delta", delta: word });
    }
    for (const [output_index, item] of outputItems(reply).entries()) {
      yield named({ type: "response.output_item.done", output_index, item });
    }
    yield named({ type: "response.completed", response: responses.whole(reply) });
  },
};

function outputItems(reply: NumberedReply): object[] {
  const reasoning = textOf(reply.parts, "reasoning");
  const said = textOf(reply.parts, "text");
  const items: object[] = [];
  if (reasoning) {
    items.push({
      type: "reasoning",
      id: `rs_${reply.number}`,
      summary: [{ type: "summary_text", text: reasoning }],
    });
  }
  if (said) {
    const content = [{ type: "output_text", text: said, annotations: [] }];
    items.push({
      type: "message",
      id: `msg_${reply.number}`,
      role: "assistant",
      status: "completed",
      content,
    });
  }
  for (const { id, tool, arguments: json } of callsOf(reply)) {
    items.push({
      type: "function_call",
      id: `fc_${id}`,
      call_id: id,
      name: tool,
      arguments: json,
      status: "completed",
    });
  }
  return items;
}

const anthropic: ReplyFormat = {
  path: "/v1/messages",
  whole(reply) {
    return {
      ...anthropicHead(reply),
      content: anthropicBlocks(reply).map(({ block, json }) =>
        json === undefined ? block : { ...block, input: JSON.parse(json) },
      ),
      stop_reason: callsOf(reply).length > 0 ? "tool_use" : "end_turn",
      usage: { input_tokens: PROMPT_TOKENS, output_tokens: COMPLETION_TOKENS },
    };
  },
  *frames(reply) {
    const named = (data: { type: string } & Record<string, unknown>): Frame => ({ event: data.type, data });
    const usage = { input_tokens: PROMPT_TOKENS, output_tokens: 1 };
    yield named({
      type: "message_start",
      message: { ...anthropicHead(reply), content: [], stop_reason: null, usage },
    });
    for (const [index, { block, json }] of anthropicBlocks(reply).entries()) {
      yield named({ type: "content_block_start", index, content_block: emptied(block) });
      for (const delta of anthropicDeltas(block, json))
        yield named({ type: "content_block_delta", index, delta });
      yield named({ type: "content_block_stop", index });
    }
    const stop_reason = callsOf(reply).length > 0 ? "tool_use" : "end_turn";
    yield named({
      type: "message_delta",
      delta: { stop_reason },
      usage: { output_tokens: COMPLETION_TOKENS },
    });
    yield named({ type: "message_stop" });
  },
};

function anthropicHead({ number, model }: NumberedReply) {
  return { id: `msg_${number}`, type: "message", role: "assistant", model, stop_sequence: null };
}

type AnthropicBlock =
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: object };

function anthropicBlocks(reply: NumberedReply): { block: AnthropicBlock; json?: string }[] {
  const reasoning = textOf(reply.parts, "reasoning");
  const said = textOf(reply.parts, "text");
  return [
    ...(reasoning
      ? [
          {
            block: { type: "thinking" as const, thinking: reasoning, signature: `signature-${reply.number}` },
          },
        ]
      : []),
    ...(said ? [{ block: { type: "text" as const, text: said } }] : []),
    ...callsOf(reply).map(({ id, tool, arguments: json }) => ({
      block: { type: "tool_use" as const, id, name: tool, input: {} },
      json,
    })),
  ];
}

function emptied(block: AnthropicBlock): AnthropicBlock {
  if (block.type === "thinking") return { ...block, thinking: "", signature: "" };
  return block.type === "text" ? { ...block, text: "" } : block;
}

function anthropicDeltas(block: AnthropicBlock, json: string | undefined): object[] {
  switch (block.type) {
    case "thinking":
      return [
        ...words(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: block.signature },
      ];
    case "text":
      return words(block.text).map((text) => ({ type: "text_delta", text }));
    case "tool_use":
      return halves(json ?? "").map((partial_json) => ({ type: "input_json_delta", partial_json }));
  }
}

export const FORMATS: readonly ReplyFormat[] = [chat, responses, anthropic];
