import { asObject, isObject } from "../../is-object.ts";
import { type Message, type MessageToolCall, type ReasoningItem, text } from "../../wire/events/message.ts";
import type { LlmDelta, LlmRequest, LlmUsage } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import type { ProtocolReply } from "../protocol.ts";
import { checkReply, emptyReply, reportedFailure, typeOfEvent } from "../reply/reply-fault.ts";
import { tokenCount } from "../reply/token-count.ts";
import {
  callItem,
  deltaEvent,
  finalEvent,
  itemEvent,
  messageItem,
  reasoningItem,
  responseBody,
} from "./response-schema.ts";

/** Reads a whole response. `cost` is the price that the answer's headers state, in US dollars. */
export function fromResponse(body: unknown, cost: number | null): ProtocolReply {
  const response = checkReply(responseBody, body);
  if (response.error) throw withCode(response.error);
  const message = toMessage(response.output ?? []);
  if (message.content.length === 0 && !message.tool_calls && !message.responses_reasoning_item) {
    throw withoutOutput(response.incomplete_details?.reason);
  }
  return {
    message,
    id: response.id || null,
    model: response.model || null,
    usage: toUsage(response.usage),
    cost,
  };
}

/** Gathers a streamed response and passes its pieces on as they arrive. */
export async function fromResponseEvents(
  events: AsyncIterable<Record<string, unknown>>,
  request: LlmRequest,
  cost: number | null,
): Promise<ProtocolReply> {
  const items: unknown[] = [];
  let final: Record<string, unknown> | null = null;
  for await (const event of events) {
    request.onProgress?.();
    switch (typeOfEvent(event)) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        request.onDelta?.(toDelta("content", event));
        break;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        request.onDelta?.(toDelta("reasoning_content", event));
        break;
      case "response.output_item.done":
        items.push(checkReply(itemEvent, event).item);
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        final = checkReply(finalEvent, event).response;
        break;
      case "error":
        throw withCode(event);
    }
    if (final !== null) break;
  }
  if (final === null) throw emptyReply("the model's stream ended without a completed response");
  // Some gateways leave the output of the completed response empty.
  const isEmpty = !Array.isArray(final.output) || final.output.length === 0;
  return fromResponse(isEmpty ? { ...final, output: items } : final, cost);
}

function toDelta(key: "content" | "reasoning_content", event: unknown): LlmDelta {
  const { delta, item_id: item } = checkReply(deltaEvent, event);
  return { [key]: delta, ...(item && { chunk_id: item }) };
}

function withoutOutput(reason: string | null | undefined): LlmError {
  if (reason !== "content_filter") return emptyReply("the model's response has no output");
  return new LlmError("LLMContentPolicyViolationError", "the provider's content filter withheld the reply");
}

function toMessage(output: readonly { type: string }[]): Message {
  const texts: string[] = [];
  const calls: MessageToolCall[] = [];
  let reasoning: ReasoningItem | null = null;
  for (const item of output) {
    switch (item.type) {
      case "message":
        texts.push(...textsOf(item));
        break;
      case "function_call":
        calls.push(toToolCall(item));
        break;
      case "reasoning":
        reasoning = toReasoningItem(item);
        break;
    }
  }
  const words = texts.filter(Boolean).join("\n").trim();
  return {
    role: "assistant",
    content: words === "" ? [] : [text(words)],
    tool_calls: calls.length > 0 ? calls : null,
    responses_reasoning_item: reasoning,
  };
}

function textsOf(item: unknown): string[] {
  const { content } = checkReply(messageItem, item);
  return (content ?? []).map((part) => part.text ?? part.refusal ?? "");
}

function toToolCall(item: unknown): MessageToolCall {
  const { id, call_id, name, arguments: json } = checkReply(callItem, item);
  return {
    id: call_id || id || "",
    responses_item_id: id ?? null,
    name,
    arguments: json || "{}",
    origin: "responses",
  };
}

function toReasoningItem(item: unknown): ReasoningItem {
  const { id, summary, content, encrypted_content, status } = checkReply(reasoningItem, item);
  return {
    id: id ?? null,
    summary: (summary ?? []).map((part) => part.text),
    content: content?.length ? content.map((part) => part.text) : null,
    encrypted_content: encrypted_content ?? null,
    status: status ?? null,
  };
}

function toUsage(usage: unknown): LlmUsage | null {
  if (!isObject(usage)) return null;
  const input = asObject(usage.input_tokens_details);
  return {
    prompt_tokens: tokenCount(usage.input_tokens),
    completion_tokens: tokenCount(usage.output_tokens),
    cache_read_tokens: tokenCount(input.cached_tokens),
    cache_write_tokens: tokenCount(input.cache_write_tokens),
    reasoning_tokens: tokenCount(asObject(usage.output_tokens_details).reasoning_tokens),
  };
}

/** A failure in the shape of an SDK's error, with its code before its words. */
function withCode(failure: unknown): Error {
  const { code, message } = asObject(failure);
  return reportedFailure({ code, message: `${code ?? "error"}: ${message}` });
}
