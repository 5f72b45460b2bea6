import { chunksOf, usageOf } from "../llm-script.ts";
import { callsOf, halves, type NumberedReply, type ReplyFormat, textOf } from "./reply-format.ts";

/** Chat Completions, of OpenAI and many others. */
export const chatCompletions: ReplyFormat = {
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
