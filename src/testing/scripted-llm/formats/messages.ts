import { usageOf } from "../llm-script.ts";
import {
  callsOf,
  chunksIn,
  type Frame,
  halves,
  type NumberedReply,
  type ReplyFormat,
  textOf,
} from "./reply-format.ts";

/** Messages, of Anthropic. */
export const messages: ReplyFormat = {
  path: "/v1/messages",
  whole(reply) {
    return {
      ...headOf(reply),
      content: blocksOf(reply).map(({ block, json }) =>
        json === undefined ? block : { ...block, input: JSON.parse(json) },
      ),
      stop_reason: callsOf(reply).length > 0 ? "tool_use" : "end_turn",
      usage: tokensOf(reply),
    };
  },
  *frames(reply) {
    const named = (data: { type: string } & Record<string, unknown>): Frame => ({ event: data.type, data });
    const usage = { ...tokensOf(reply), output_tokens: 1 };
    yield named({
      type: "message_start",
      message: { ...headOf(reply), content: [], stop_reason: null, usage },
    });
    for (const [index, { block, json }] of blocksOf(reply).entries()) {
      yield named({ type: "content_block_start", index, content_block: emptied(block) });
      for (const delta of deltasOf(block, json, reply))
        yield named({ type: "content_block_delta", index, delta });
      yield named({ type: "content_block_stop", index });
    }
    if (reply.isCut) return;
    const stop_reason = callsOf(reply).length > 0 ? "tool_use" : "end_turn";
    yield named({
      type: "message_delta",
      delta: { stop_reason },
      usage: { output_tokens: tokensOf(reply).output_tokens },
    });
    yield named({ type: "message_stop" });
  },
};

function headOf({ number, model }: NumberedReply) {
  return { id: `msg_${number}`, type: "message", role: "assistant", model, stop_sequence: null };
}

/** Writes token counts for Anthropic, whose input tokens exclude those read from and written to the cache. */
function tokensOf({ parts }: NumberedReply) {
  const tokens = usageOf(parts);
  const { cache_read_tokens: read, cache_write_tokens: written } = tokens;
  return {
    input_tokens: Math.max(0, tokens.prompt_tokens - read - written),
    output_tokens: tokens.completion_tokens,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
  };
}

type Block =
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: object };

function blocksOf(reply: NumberedReply): { block: Block; json?: string }[] {
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

function emptied(block: Block): Block {
  if (block.type === "thinking") return { ...block, thinking: "", signature: "" };
  return block.type === "text" ? { ...block, text: "" } : block;
}

function deltasOf(block: Block, json: string | undefined, { parts }: NumberedReply): object[] {
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
