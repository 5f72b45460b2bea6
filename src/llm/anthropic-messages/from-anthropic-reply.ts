import type {
  Message as AnthropicMessage,
  ContentBlock,
  RawMessageStreamEvent,
} from "@anthropic-ai/sdk/resources/messages";
import type { Stream } from "@anthropic-ai/sdk/streaming";
import { type Message, type MessageToolCall, type ThinkingBlock, text } from "../../wire/events/message.ts";
import type { LlmDelta, LlmRequest, LlmUsage } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import type { ProtocolReply } from "../protocol.ts";

/** Reads a whole reply. */
export function fromMessage(message: AnthropicMessage): ProtocolReply {
  const blocks = message.content ?? [];
  if (blocks.length === 0 && message.stop_reason === "refusal") {
    throw new LlmError("LLMContentPolicyViolationError", "the model refused to answer (stop_reason refusal)");
  }
  if (!message.content) {
    throw new LlmError("LLMNoResponseError", "the model's answer has no content", { retryable: true });
  }
  return {
    message: toMessage(blocks),
    id: message.id || null,
    model: message.model || null,
    usage: toUsage(message.usage),
    cost: null,
  };
}

function toMessage(blocks: readonly ContentBlock[]): Message {
  const texts: string[] = [];
  const calls: MessageToolCall[] = [];
  const thinking: ThinkingBlock[] = [];
  for (const block of blocks) {
    if (block.type === "text") texts.push(block.text);
    if (block.type === "thinking") {
      thinking.push({ type: "thinking", thinking: block.thinking, signature: block.signature || null });
    }
    if (block.type === "redacted_thinking") thinking.push({ type: "redacted_thinking", data: block.data });
    if (block.type === "tool_use") {
      const json = JSON.stringify(block.input ?? {});
      calls.push({
        id: block.id,
        responses_item_id: null,
        name: block.name,
        arguments: json,
        origin: "completion",
      });
    }
  }
  const said = texts.join("");
  const thought = thinking.map((block) => (block.type === "thinking" ? block.thinking : "")).filter(Boolean);
  return {
    role: "assistant",
    content: said === "" ? [] : [text(said)],
    tool_calls: calls.length > 0 ? calls : null,
    reasoning_content: thought.join("\n") || null,
    thinking_blocks: thinking,
  };
}

/** Gathers a streamed reply and passes its pieces on as they arrive. */
export async function fromStream(
  stream: Stream<RawMessageStreamEvent>,
  request: LlmRequest,
): Promise<ProtocolReply> {
  let message: AnthropicMessage | null = null;
  let stopped = false;
  /** JSON of tool inputs by block, whole only at the end. */
  const inputs = new Map<number, string>();
  for await (const event of stream) {
    request.onProgress?.();
    if (event.type === "message_start") {
      message = { ...event.message, content: [] };
    } else if (event.type === "message_stop") {
      stopped = true;
    } else if (message !== null) {
      applyEvent(message, event, inputs);
    }
    const delta = toDelta(event);
    if (delta !== null) request.onDelta?.(delta);
  }
  if (message === null || !stopped) {
    throw new LlmError(
      "LLMServiceUnavailableError",
      "the model's stream ended before the reply was complete",
      {
        retryable: true,
      },
    );
  }
  const reply = fromMessage(message);
  return { ...reply, message: withInputs(reply.message, message.content, inputs) };
}

function applyEvent(
  message: AnthropicMessage,
  event: RawMessageStreamEvent,
  inputs: Map<number, string>,
): void {
  if (event.type === "content_block_start") {
    message.content[event.index] = { ...event.content_block };
  } else if (event.type === "message_delta") {
    message.stop_reason = event.delta.stop_reason;
    // Counters of the start stay where the end does not repeat them; null means "as before".
    const counted = Object.fromEntries(
      Object.entries(event.usage ?? {}).filter(([, value]) => value !== null),
    );
    message.usage = { ...message.usage, ...counted };
  } else if (event.type === "content_block_delta") {
    const { delta } = event;
    const block = message.content[event.index];
    if (delta.type === "text_delta" && block?.type === "text") block.text += delta.text;
    if (delta.type === "thinking_delta" && block?.type === "thinking") block.thinking += delta.thinking;
    if (delta.type === "signature_delta" && block?.type === "thinking") block.signature += delta.signature;
    if (delta.type === "input_json_delta") {
      inputs.set(event.index, (inputs.get(event.index) ?? "") + delta.partial_json);
    }
  }
}

/** Keeps streamed JSON as the model wrote it, so that the loop can repair broken JSON. */
function withInputs(message: Message, blocks: readonly ContentBlock[], inputs: Map<number, string>): Message {
  const written = new Map<string, string>();
  for (const [index, json] of inputs) {
    const block = blocks[index];
    if (block?.type === "tool_use" && json !== "") written.set(block.id, json);
  }
  if (!message.tool_calls) return message;
  const tool_calls = message.tool_calls.map((call) => ({
    ...call,
    arguments: written.get(call.id) ?? call.arguments,
  }));
  return { ...message, tool_calls };
}

function toDelta(event: RawMessageStreamEvent): LlmDelta | null {
  if (event.type !== "content_block_delta") return null;
  if (event.delta.type === "text_delta") return { content: event.delta.text };
  return event.delta.type === "thinking_delta" ? { reasoning_content: event.delta.thinking } : null;
}

/** Adds up the prompt: `input_tokens` leaves out cached tokens. */
function toUsage(usage: AnthropicMessage["usage"] | undefined): LlmUsage | null {
  if (!usage) return null;
  const read = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  return {
    prompt_tokens: (usage.input_tokens ?? 0) + read + written,
    completion_tokens: usage.output_tokens ?? 0,
    cache_read_tokens: read,
    cache_write_tokens: written,
    reasoning_tokens: usage.output_tokens_details?.thinking_tokens ?? 0,
  };
}
