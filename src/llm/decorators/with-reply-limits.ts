import type { Message } from "../../wire/events/message.ts";
import type { Llm } from "../llm.ts";
import { type ReplyLimits, tooLarge } from "../reply/reply-limits.ts";
import { withComplete } from "./with-complete.ts";

type MessageLimits = Omit<ReplyLimits, "bytes">;

/**
 * Refuses replies with too many calls or too long texts, before they become events.
 *
 * @throws LlmError LLMReplyTooLargeError
 */
export function withReplyLimits(llm: Llm, limits: MessageLimits): Llm {
  return withComplete(llm, async (request) => {
    const reply = await llm.complete(request);
    refuseExcess(reply.message, limits);
    return reply;
  });
}

function refuseExcess(message: Message, { calls, characters }: MessageLimits): void {
  const count = message.tool_calls?.length ?? 0;
  if (count > calls) throw tooLarge(`${count} tool calls, at most ${calls} are allowed`);
  const long = partsOf(message).find((part) => part.length > characters);
  if (long === undefined) return;
  throw tooLarge(`a part of ${long.length} characters, at most ${characters} are allowed`);
}

/** Everything of a message that a model may write at length. */
function partsOf(message: Message): string[] {
  const { tool_calls, reasoning_content, thinking_blocks, responses_reasoning_item: item } = message;
  return [
    ...message.content.map((part) => (part.type === "text" ? part.text : "")),
    ...(tool_calls ?? []).flatMap((call) => [call.id, call.name, call.arguments]),
    ...(thinking_blocks ?? []).map((block) => (block.type === "thinking" ? block.thinking : block.data)),
    ...(item?.summary ?? []),
    ...(item?.content ?? []),
    item?.encrypted_content ?? "",
    reasoning_content ?? "",
  ];
}
