import { asObject, isObject } from "../../is-object.ts";
import { type Message, type MessageToolCall, type ThinkingBlock, text } from "../../wire/events/message.ts";
import type { LlmRequest, LlmUsage } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import type { ProtocolReply } from "../protocol.ts";
import { checkReply, emptyReply, typeOfEvent, unfinishedReply } from "../reply/reply-fault.ts";
import { tokenCount } from "../reply/token-count.ts";
import {
  blockEvent,
  deltaEvent,
  endEvent,
  type MessageBody,
  messageBody,
  redactedBlock,
  startEvent,
  textBlock,
  thinkingBlock,
  toolUseBlock,
} from "./anthropic-reply-schema.ts";
import { BlockGatherer } from "./gather-blocks.ts";

/** Reads a whole reply. */
export function fromMessage(body: unknown): ProtocolReply {
  const message = checkReply(messageBody, body);
  if (!message.content) throw emptyReply("the model's answer has no content");
  return toReply(message, message.content);
}

/** Gathers a streamed reply and passes its pieces on as they arrive. */
export async function fromMessageEvents(
  events: AsyncIterable<Record<string, unknown>>,
  request: LlmRequest,
): Promise<ProtocolReply> {
  const blocks = new BlockGatherer();
  let message: MessageBody | null = null;
  let isComplete = false;
  for await (const event of events) {
    const type = typeOfEvent(event);
    if (type !== "ping") request.onProgress?.();
    switch (type) {
      case "message_start":
        message = checkReply(startEvent, event).message;
        break;
      case "content_block_start":
        blocks.begin(checkReply(blockEvent, event));
        break;
      case "content_block_delta": {
        const delta = blocks.add(checkReply(deltaEvent, event));
        if (delta !== null) request.onDelta?.({ ...delta, ...(message?.id && { chunk_id: message.id }) });
        break;
      }
      case "message_delta":
        if (message !== null) message = withEnd(message, event);
        break;
      case "message_stop":
        isComplete = true;
        break;
    }
    if (isComplete) break;
  }
  if (message === null || !isComplete) throw unfinishedReply();
  return toReply(message, blocks.toBlocks());
}

/** Counters of the start stay where the end does not repeat them; null means "as before". */
function withEnd(message: MessageBody, event: unknown): MessageBody {
  const { delta, usage } = checkReply(endEvent, event);
  const counted = Object.fromEntries(Object.entries(asObject(usage)).filter(([, value]) => value !== null));
  return {
    ...message,
    stop_reason: delta?.stop_reason ?? message.stop_reason,
    usage: { ...asObject(message.usage), ...counted },
  };
}

function toReply(message: MessageBody, blocks: readonly { type: string }[]): ProtocolReply {
  if (blocks.length === 0 && message.stop_reason === "refusal") {
    throw new LlmError("LLMContentPolicyViolationError", "the model refused to answer (stop_reason refusal)");
  }
  if (message.stop_reason === "model_context_window_exceeded") {
    throw new LlmError(
      "LLMContextWindowExceedError",
      "the context window was full before the reply was complete (stop_reason model_context_window_exceeded)",
    );
  }
  return {
    message: toMessage(blocks),
    id: message.id || null,
    model: message.model || null,
    usage: toUsage(message.usage),
    cost: null,
  };
}

function toMessage(blocks: readonly { type: string }[]): Message {
  const texts: string[] = [];
  const calls: MessageToolCall[] = [];
  const thinking: ThinkingBlock[] = [];
  for (const block of blocks) {
    switch (block.type) {
      case "text":
        texts.push(checkReply(textBlock, block).text);
        break;
      case "thinking":
        thinking.push(toThinking(block));
        break;
      case "redacted_thinking":
        thinking.push({ type: "redacted_thinking", data: checkReply(redactedBlock, block).data });
        break;
      case "tool_use":
        calls.push(toToolCall(block));
        break;
    }
  }
  const words = texts.join("");
  const thoughts = thinking.map((block) => (block.type === "thinking" ? block.thinking : "")).filter(Boolean);
  return {
    role: "assistant",
    content: words === "" ? [] : [text(words)],
    tool_calls: calls.length > 0 ? calls : null,
    reasoning_content: thoughts.join("\n") || null,
    thinking_blocks: thinking,
  };
}

function toThinking(block: unknown): ThinkingBlock {
  const { thinking, signature } = checkReply(thinkingBlock, block);
  return { type: "thinking", thinking, signature: signature || null };
}

function toToolCall(block: unknown): MessageToolCall {
  const { id, name, input } = checkReply(toolUseBlock, block);
  return {
    id,
    responses_item_id: null,
    name,
    // Streamed input is the text that the model wrote, so that the loop can repair broken JSON.
    arguments: typeof input === "string" ? input : JSON.stringify(input ?? {}),
    origin: "completion",
  };
}

/** Adds up the prompt: `input_tokens` leaves out cached tokens. */
function toUsage(usage: unknown): LlmUsage | null {
  if (!isObject(usage)) return null;
  const read = tokenCount(usage.cache_read_input_tokens);
  const written = tokenCount(usage.cache_creation_input_tokens);
  return {
    prompt_tokens: tokenCount(usage.input_tokens) + read + written,
    completion_tokens: tokenCount(usage.output_tokens),
    cache_read_tokens: read,
    cache_write_tokens: written,
    reasoning_tokens: tokenCount(asObject(usage.output_tokens_details).thinking_tokens),
  };
}
