import { chunksOf, type ReplyPart, usageOf } from "./llm-script.ts";

export interface NumberedReply {
  /** Number of the reply, counted from 0. Ids contain it. */
  number: number;
  model: string;
  parts: readonly ReplyPart[];
  /** Leaves out the end of the stream. */
  isCut?: boolean;
}

/** A server-sent event. */
export interface Frame {
  event?: string;
  data: unknown;
}

/** The form in which a provider writes a reply, whole and streamed. */
export interface ReplyFormat {
  /** The end of the provider's path. */
  path: string;
  whole(reply: NumberedReply): unknown;
  frames(reply: NumberedReply): Iterable<Frame>;
}

type Written = "text" | "reasoning";

function textOf(parts: readonly ReplyPart[], type: Written): string {
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

function chunksIn(parts: readonly ReplyPart[], type: Written): string[] {
  return parts.flatMap((part) => (part.type === type ? chunksOf(part.text, part.chunkSize) : []));
}

function callsOf({ parts, number }: NumberedReply) {
  return parts
    .filter((part) => part.type === "call")
    .map((part, index) => ({ ...part, index, id: part.id ?? `call_${number}_${index}` }));
}

/** Splits JSON text in two, so that readers have to join the halves. */
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
      usage: chatUsage(reply),
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
      if (part.type !== "text" && part.type !== "reasoning") continue;
      for (const chunk of chunksOf(part.text, part.chunkSize)) {
        yield piece(part.type === "text" ? { content: chunk } : { reasoning_content: chunk });
      }
    }
    const calls = callsOf(reply);
    for (const { index, id, tool, arguments: json } of calls) {
      yield piece({ tool_calls: [{ index, id, type: "function", function: { name: tool, arguments: "" } }] });
      for (const half of halves(json))
        yield piece({ tool_calls: [{ index, function: { arguments: half } }] });
    }
    if (reply.isCut) return;
    yield piece({}, calls.length > 0 ? "tool_calls" : "stop");
    yield { data: { ...base, choices: [], usage: chatUsage(reply) } };
    yield { data: "[DONE]" };
  },
};

function chatUsage({ parts }: NumberedReply) {
  const tokens = usageOf(parts);
  const { prompt_tokens, completion_tokens } = tokens;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: tokens.cache_read_tokens },
    completion_tokens_details: { reasoning_tokens: tokens.reasoning_tokens },
  };
}

const responses: ReplyFormat = {
  path: "/responses",
  whole(reply) {
    const tokens = usageOf(reply.parts);
    return {
      id: `resp_${reply.number}`,
      object: "response",
      created_at: 0,
      status: "completed",
      model: reply.model,
      output: outputItems(reply),
      usage: {
        input_tokens: tokens.prompt_tokens,
        input_tokens_details: { cached_tokens: tokens.cache_read_tokens },
        output_tokens: tokens.completion_tokens,
        output_tokens_details: { reasoning_tokens: tokens.reasoning_tokens },
        total_tokens: tokens.prompt_tokens + tokens.completion_tokens,
      },
    };
  },
  *frames(reply) {
    const named = (data: { type: string } & Record<string, unknown>): Frame => ({ event: data.type, data });
    yield named({ type: "response.created", response: { id: `resp_${reply.number}`, output: [] } });
    for (const delta of chunksIn(reply.parts, "reasoning")) {
      yield named({ type: "response.reasoning_summary_text.delta", delta });
    }
    for (const delta of chunksIn(reply.parts, "text")) {
      yield named({ type: "response.output_text.delta", delta });
    }
    if (reply.isCut) return;
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
      usage: anthropicUsage(reply),
    };
  },
  *frames(reply) {
    const named = (data: { type: string } & Record<string, unknown>): Frame => ({ event: data.type, data });
    const usage = { ...anthropicUsage(reply), output_tokens: 1 };
    yield named({
      type: "message_start",
      message: { ...anthropicHead(reply), content: [], stop_reason: null, usage },
    });
    for (const [index, { block, json }] of anthropicBlocks(reply).entries()) {
      yield named({ type: "content_block_start", index, content_block: emptied(block) });
      for (const delta of anthropicDeltas(block, json, reply))
        yield named({ type: "content_block_delta", index, delta });
      yield named({ type: "content_block_stop", index });
    }
    if (reply.isCut) return;
    const stop_reason = callsOf(reply).length > 0 ? "tool_use" : "end_turn";
    yield named({
      type: "message_delta",
      delta: { stop_reason },
      usage: { output_tokens: anthropicUsage(reply).output_tokens },
    });
    yield named({ type: "message_stop" });
  },
};

function anthropicHead({ number, model }: NumberedReply) {
  return { id: `msg_${number}`, type: "message", role: "assistant", model, stop_sequence: null };
}

/** Writes token counts for Anthropic, whose input tokens exclude those read from and written to the cache. */
function anthropicUsage({ parts }: NumberedReply) {
  const tokens = usageOf(parts);
  const { cache_read_tokens: read, cache_write_tokens: written } = tokens;
  return {
    input_tokens: Math.max(0, tokens.prompt_tokens - read - written),
    output_tokens: tokens.completion_tokens,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
  };
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

function anthropicDeltas(
  block: AnthropicBlock,
  json: string | undefined,
  { parts }: NumberedReply,
): object[] {
  switch (block.type) {
    case "thinking":
      return [
        ...chunksIn(parts, "reasoning").map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: block.signature },
      ];
    case "text":
      return chunksIn(parts, "text").map((text) => ({ type: "text_delta", text }));
    case "tool_use":
      return halves(json ?? "").map((partial_json) => ({ type: "input_json_delta", partial_json }));
  }
}

export const FORMATS: readonly ReplyFormat[] = [chat, responses, anthropic];
