import type { ChatCompletionChunk, ChatCompletionMessage } from "openai/resources/chat/completions";
import { asObject, isObject } from "../../is-object.ts";
import { type Message, type MessageToolCall, text } from "../../wire/events/message.ts";
import type { LlmDelta, LlmUsage } from "../llm.ts";
import { toThoughtBlock } from "../thought-signature.ts";

type Delta = ChatCompletionChunk.Choice.Delta;
type CallChunk = ChatCompletionChunk.Choice.Delta.ToolCall;

/** The contents of a reply, whole or gathered from pieces. */
export interface GatheredReply {
  content: string;
  reasoning: string;
  refusal: string;
  calls: GatheredCall[];
}

interface GatheredCall {
  index: number;
  id: string;
  name: string;
  arguments: string;
  signature: string | undefined;
}

export function emptyReply(): GatheredReply {
  return { content: "", reasoning: "", refusal: "", calls: [] };
}

export function gatherMessage(message: ChatCompletionMessage): GatheredReply {
  const reply = emptyReply();
  reply.content = textOf(message.content);
  reply.reasoning = reasoningOf(message);
  reply.refusal = textOf(message.refusal);
  for (const [index, call] of (message.tool_calls ?? []).entries()) {
    if (!("function" in call) || !call.function) continue;
    reply.calls.push({
      index,
      id: call.id ?? "",
      name: call.function.name,
      arguments: argumentsText(call.function.arguments),
      signature: signatureOf(call),
    });
  }
  return reply;
}

/** Adds a piece to the reply. Returns its delta; null for a piece without text. */
export function gatherDelta(reply: GatheredReply, delta: Delta): LlmDelta | null {
  const content = textOf(delta.content);
  const reasoning = reasoningOf(delta);
  reply.content += content;
  reply.reasoning += reasoning;
  reply.refusal += textOf(delta.refusal);
  for (const chunk of delta.tool_calls ?? []) gatherCall(reply.calls, chunk);
  if (content === "" && reasoning === "") return null;
  return { ...(content && { content }), ...(reasoning && { reasoning_content: reasoning }) };
}

function gatherCall(calls: GatheredCall[], chunk: Partial<CallChunk>): void {
  let call = continuedCall(calls, chunk);
  if (call === undefined) {
    call = { index: chunk.index ?? calls.length, id: "", name: "", arguments: "", signature: undefined };
    calls.push(call);
  }
  call.id ||= chunk.id ?? "";
  call.name ||= chunk.function?.name ?? "";
  call.arguments += argumentsText(chunk.function?.arguments);
  call.signature ??= signatureOf(chunk);
}

/**
 * Finds the call that a piece continues. The protocol says by index, but some servers leave the index out, some give
 * every call index 0, and some send ids with the first piece only, a new id with each piece, or no ids. So a name marks
 * the start of another call, unless the call of that name is still incomplete.
 */
function continuedCall(calls: GatheredCall[], chunk: Partial<CallChunk>): GatheredCall | undefined {
  const { id, index } = chunk;
  const sameId = id ? calls.find((call) => call.id === id) : undefined;
  if (sameId !== undefined) return sameId;
  const current = typeof index === "number" ? calls.findLast((call) => call.index === index) : calls.at(-1);
  const name = chunk.function?.name;
  if (current === undefined || !name || current.name === "") return current;
  const repeated = (!id || current.id === "") && current.name === name && !isJson(current.arguments);
  return repeated ? current : undefined;
}

export function toMessage(reply: GatheredReply): Message {
  const words = reply.content || reply.refusal;
  const signature = reply.calls.find((call) => call.signature !== undefined)?.signature;
  return {
    role: "assistant",
    content: words === "" ? [] : [text(words)],
    tool_calls: reply.calls.length === 0 ? null : reply.calls.map(toToolCall),
    reasoning_content: reply.reasoning || null,
    thinking_blocks: signature === undefined ? [] : [toThoughtBlock(signature)],
  };
}

function toToolCall(call: GatheredCall): MessageToolCall {
  return {
    id: call.id,
    responses_item_id: null,
    name: call.name,
    // Some models write nothing for a call without arguments.
    arguments: call.arguments || "{}",
    origin: "completion",
  };
}

/** Reads the counters under all names that providers use; null when nothing was reported. */
export function toUsage(usage: unknown): LlmUsage | null {
  if (!isObject(usage)) return null;
  const prompt = asObject(usage.prompt_tokens_details);
  const completion = asObject(usage.completion_tokens_details);
  const result = {
    prompt_tokens: count(usage.prompt_tokens),
    completion_tokens: count(usage.completion_tokens),
    cache_read_tokens: count(
      prompt.cached_tokens,
      usage.cache_read_input_tokens,
      usage.prompt_cache_hit_tokens,
      usage.cached_tokens,
    ),
    cache_write_tokens: count(
      prompt.cache_write_tokens,
      prompt.cache_creation_tokens,
      usage.cache_creation_input_tokens,
    ),
    reasoning_tokens: count(completion.reasoning_tokens, usage.reasoning_tokens),
  };
  return result.prompt_tokens === 0 && result.completion_tokens === 0 ? null : result;
}

function count(...candidates: unknown[]): number {
  const reported = candidates.find((value) => typeof value === "number" && value > 0);
  return typeof reported === "number" ? Math.round(reported) : 0;
}

function reasoningOf(source: object): string {
  const { reasoning_content, reasoning } = source as Record<string, unknown>;
  return textOf(reasoning_content) || textOf(reasoning);
}

/** Text, or Mistral's list of parts. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value.map((part) => (isObject(part) && part.type === "text" ? textOf(part.text) : "")).join("");
}

/** The arguments as JSON text; some servers send the object itself. */
function argumentsText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function signatureOf(call: object): string | undefined {
  const { extra_content } = call as Record<string, unknown>;
  const signature = asObject(asObject(extra_content).google).thought_signature;
  return typeof signature === "string" && signature !== "" ? signature : undefined;
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
