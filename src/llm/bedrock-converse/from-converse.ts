import { isObject } from "../../is-object.ts";
import { type Message, type MessageToolCall, type ThinkingBlock, text } from "../../wire/events/message.ts";
import type { LlmDelta, LlmRequest, LlmUsage } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import type { ProtocolReply } from "../protocol.ts";
import { checkReply, emptyReply, unfinishedReply } from "../reply/reply-fault.ts";
import { tokenCount } from "../reply/token-count.ts";
import {
  blockDelta,
  blockStart,
  type ConverseBlock,
  converseReply,
  messageStop,
  metadata,
} from "./converse-schema.ts";
import type { StreamEvent } from "./event-stream.ts";
import { ConverseBlocks } from "./gather-converse.ts";

/** Reads a whole reply. `id` is the service's id of the request. */
export function fromConverse(body: unknown, id: string | null): ProtocolReply {
  const { output, stopReason, usage } = checkReply(converseReply, body);
  return toReply(output.message.content ?? [], { id, usage, stop: stopReason });
}

/** Gathers a streamed reply and passes its pieces on as they arrive. */
export async function fromConverseEvents(
  events: AsyncIterable<StreamEvent>,
  request: LlmRequest,
  id: string | null,
): Promise<ProtocolReply> {
  const blocks = new ConverseBlocks();
  const facts: ReplyFacts = { id };
  for await (const { type, body } of events) {
    request.onProgress?.();
    switch (type) {
      case "contentBlockStart":
        blocks.begin(checkReply(blockStart, body));
        break;
      case "contentBlockDelta": {
        const delta: LlmDelta | null = blocks.add(checkReply(blockDelta, body));
        if (delta !== null) request.onDelta?.({ ...delta, ...(id && { chunk_id: id }) });
        break;
      }
      case "messageStop":
        facts.stop = checkReply(messageStop, body).stopReason ?? "";
        break;
      case "metadata":
        facts.usage = checkReply(metadata, body).usage;
        break;
    }
  }
  if (facts.stop === undefined) throw unfinishedReply();
  return toReply(blocks.toBlocks(), facts);
}

interface ReplyFacts {
  id: string | null;
  usage?: unknown;
  /** The reason of the end; undefined before the end. */
  stop?: string | null | undefined;
}

function toReply(blocks: readonly ConverseBlock[], { id, usage, stop }: ReplyFacts): ProtocolReply {
  const message = toMessage(blocks);
  refuseFailed(message, stop ?? "");
  return { message, id, model: null, usage: toUsage(usage), cost: null };
}

/** Refuses a failure in the form of a reply, by the reason that the service gives for the end. */
function refuseFailed({ content, tool_calls: calls }: Message, stop: string): void {
  if (stop === "model_context_window_exceeded") {
    const message = `the context window was full before the reply was complete (stopReason ${stop})`;
    throw new LlmError("LLMContextWindowExceedError", message);
  }
  if (stop.startsWith("malformed_")) throw emptyReply(`the model's reply was malformed (stopReason ${stop})`);
  if (content.length > 0 || calls) return;
  if (stop === "content_filtered" || stop === "guardrail_intervened") {
    const message = `the provider's content filter withheld the reply (stopReason ${stop})`;
    throw new LlmError("LLMContentPolicyViolationError", message);
  }
}

function toMessage(blocks: readonly ConverseBlock[]): Message {
  const words = blocks.map((block) => block.text ?? "").join("");
  const calls = blocks.flatMap(({ toolUse }) => (toolUse ? [toToolCall(toolUse)] : []));
  const thinking = blocks.flatMap(({ reasoningContent }) => toThinking(reasoningContent));
  const thoughts = thinking.map((block) => (block.type === "thinking" ? block.thinking : "")).filter(Boolean);
  return {
    role: "assistant",
    content: words === "" ? [] : [text(words)],
    tool_calls: calls.length > 0 ? calls : null,
    reasoning_content: thoughts.join("\n") || null,
    thinking_blocks: thinking,
  };
}

function toThinking(block: ConverseBlock["reasoningContent"]): ThinkingBlock[] {
  if (block?.redactedContent) return [{ type: "redacted_thinking", data: block.redactedContent }];
  if (!block?.reasoningText) return [];
  const { text: thinking, signature } = block.reasoningText;
  return [{ type: "thinking", thinking, signature: signature || null }];
}

function toToolCall({ toolUseId, name, input }: NonNullable<ConverseBlock["toolUse"]>): MessageToolCall {
  return {
    id: toolUseId,
    responses_item_id: null,
    name,
    // Streamed input is the text that the model wrote, so that the loop can repair broken JSON.
    arguments: typeof input === "string" ? input || "{}" : JSON.stringify(input ?? {}),
    origin: "completion",
  };
}

/** Adds up the prompt: `inputTokens` leaves out cached tokens. */
function toUsage(usage: unknown): LlmUsage | null {
  if (!isObject(usage)) return null;
  const read = tokenCount(usage.cacheReadInputTokens);
  const written = tokenCount(usage.cacheWriteInputTokens);
  return {
    prompt_tokens: tokenCount(usage.inputTokens) + read + written,
    completion_tokens: tokenCount(usage.outputTokens),
    cache_read_tokens: read,
    cache_write_tokens: written,
    reasoning_tokens: 0,
  };
}
