import { usageOf } from "../llm-script.ts";
import {
  callsOf,
  chunksIn,
  type Frame,
  type NumberedReply,
  type ReplyFormat,
  textOf,
} from "./reply-format.ts";

/** Responses, of OpenAI. */
export const responses: ReplyFormat = {
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
