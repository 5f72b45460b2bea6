import { asObject, isObject } from "../../is-object.ts";
import { type Message, text } from "../../wire/events/message.ts";
import type { LlmDelta, LlmRequest, LlmUsage } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import type { ProtocolReply } from "../protocol.ts";
import type { ReplyEvents } from "../reply/read-reply.ts";
import {
  checkReply,
  emptyReply,
  failedReply,
  reportedFailure,
  unfinishedReply,
} from "../reply/reply-fault.ts";
import { reportedCost } from "../reply/reported-cost.ts";
import { tokenCount } from "../reply/token-count.ts";
import { toThoughtBlock } from "../thought-signature.ts";
import { type ChatReply, chatReply, type MessagePiece } from "./chat-reply-schema.ts";
import { CallGatherer } from "./gather-calls.ts";

/** Reads a whole completion. `cost` is the price that the answer's headers state, in US dollars. */
export function fromCompletion(body: unknown, cost: number | null): ProtocolReply {
  const completion = readChatReply(body);
  const choice = completion.choices?.[0];
  if (!choice?.message) throw emptyReply("the model's answer has no choices");
  const gathered = new GatheredReply();
  gathered.addWhole(choice.message);
  refuseFailed(gathered, choice.finish_reason);
  return toReply(gathered, { ...completion, cost });
}

/** Gathers the first choice of a streamed completion and passes its pieces on as they arrive. */
export async function fromChunks(
  events: ReplyEvents,
  request: LlmRequest,
  cost: number | null,
): Promise<ProtocolReply> {
  const gathered = new GatheredReply();
  const about: ReplyFacts = { cost };
  let finish: string | null = null;
  let place: number | null = null;
  for await (const event of events) {
    const chunk = readChatReply(event);
    const choice = chunk.choices?.find(({ index }) => place === null || (index ?? place) === place);
    place ??= choice?.index ?? null;
    about.id ||= chunk.id;
    about.model ||= chunk.model;
    // Usually in a last chunk without choices; Groq and Moonshot report it elsewhere.
    const usage = chunk.usage ?? chunk.x_groq?.usage ?? choice?.usage;
    about.usage = usage ?? about.usage;
    // Some servers write an empty reason until there is one.
    finish = choice?.finish_reason || finish;
    const delta = choice?.delta ? gathered.add(choice.delta) : null;
    if (delta !== null || usage || choice?.finish_reason || choice?.delta?.tool_calls?.length) {
      request.onProgress?.();
    }
    if (delta !== null) request.onDelta?.({ ...delta, ...placeOf(chunk.id, choice?.index) });
  }
  if (finish === null && gathered.isEmpty) throw emptyReply("the model's stream has no choices");
  // Some models never get a reason. Their reply is whole when its tokens were counted before the stream ended in order.
  const isWhole = events.hasEnded && isObject(about.usage) && gathered.calls.areComplete;
  if (finish === null && !isWhole) throw unfinishedReply();
  refuseFailed(gathered, finish);
  return toReply(gathered, about);
}

/** Where a piece belongs, as far as the provider says. */
function placeOf(id: string | null | undefined, index: number | null | undefined): LlmDelta {
  return { ...(id && { chunk_id: id }), ...(typeof index === "number" && { choice_index: index }) };
}

/** OpenRouter and other gateways report the failure of an upstream in a choice. */
function readChatReply(body: unknown): ChatReply {
  const reply = checkReply(chatReply, body);
  const failure = reply.choices?.[0]?.error;
  if (failure) throw reportedFailure(failure);
  const { status_code: code, status_msg: message } = reply.base_resp ?? {};
  if (code) throw reportedFailure({ code, message: message || `status_code ${code}` });
  return reply;
}

/** The contents of a reply, whole or gathered from pieces. */
class GatheredReply {
  content = "";
  reasoning = "";
  refusal = "";
  readonly calls = new CallGatherer();

  get isEmpty(): boolean {
    return this.content === "" && this.reasoning === "" && this.refusal === "" && this.calls.isEmpty;
  }

  addWhole({ tool_calls, ...message }: MessagePiece): void {
    this.add(message);
    for (const call of tool_calls ?? []) this.calls.addWhole(call);
  }

  /** Adds a piece and returns its delta; null for a piece without text. */
  add(piece: MessagePiece): LlmDelta | null {
    const content = wordsIn(piece.content, "text");
    const reasoning =
      wordsIn(piece.reasoning_content, "text") ||
      wordsIn(piece.reasoning, "text") ||
      wordsIn(piece.content, "thinking");
    this.content += content;
    this.reasoning += reasoning;
    this.refusal += wordsIn(piece.refusal, "text");
    for (const call of piece.tool_calls ?? []) this.calls.add(call);
    if (content === "" && reasoning === "") return null;
    return { ...(content && { content }), ...(reasoning && { reasoning_content: reasoning }) };
  }

  toMessage(): Message {
    const words = this.content || this.refusal;
    const { signature } = this.calls;
    return {
      role: "assistant",
      content: words === "" ? [] : [text(words)],
      tool_calls: this.calls.isEmpty ? null : this.calls.toToolCalls(),
      reasoning_content: this.reasoning || null,
      thinking_blocks: signature === undefined ? [] : [toThoughtBlock(signature)],
    };
  }
}

interface ReplyFacts {
  id?: string | null | undefined;
  model?: string | null | undefined;
  usage?: unknown;
  cost: number | null;
}

function toReply(gathered: GatheredReply, { id, model, usage, cost }: ReplyFacts): ProtocolReply {
  return {
    message: gathered.toMessage(),
    id: id || null,
    model: model || null,
    usage: toUsage(usage),
    cost: reportedCost(asObject(usage).cost, cost),
  };
}

/** Refuses a failure in the form of a reply, by the reason that the provider gives for the end. */
function refuseFailed(gathered: GatheredReply, finish: string | null | undefined): void {
  if (finish === "error") throw failedReply();
  if (gathered.content !== "" || !gathered.calls.isEmpty) return;
  if (finish === "content_filter") {
    throw new LlmError("LLMContentPolicyViolationError", "the provider's content filter withheld the reply");
  }
  // Gemini withholds a call that it cannot read.
  if (/malformed_function_call/i.test(finish ?? "")) throw emptyReply("the model's call was malformed");
}

/** Reads the counters under all names that providers use; null when nothing was reported. */
function toUsage(usage: unknown): LlmUsage | null {
  if (!isObject(usage)) return null;
  const prompt = asObject(usage.prompt_tokens_details);
  const completion = asObject(usage.completion_tokens_details);
  const tokens = {
    prompt_tokens: tokenCount(usage.prompt_tokens),
    completion_tokens: tokenCount(usage.completion_tokens),
    cache_read_tokens: tokenCount(
      prompt.cached_tokens,
      usage.cache_read_input_tokens,
      usage.prompt_cache_hit_tokens,
      usage.cached_tokens,
    ),
    cache_write_tokens: tokenCount(
      prompt.cache_write_tokens,
      prompt.cache_creation_tokens,
      usage.cache_creation_input_tokens,
    ),
    reasoning_tokens: tokenCount(completion.reasoning_tokens, usage.reasoning_tokens),
  };
  return tokens.prompt_tokens === 0 && tokens.completion_tokens === 0 ? null : tokens;
}

/** The words of one sort in a text, or in Mistral's list of parts, which nests the words of `thinking` once more. */
function wordsIn(value: unknown, type: "text" | "thinking"): string {
  if (typeof value === "string") return type === "text" ? value : "";
  if (!Array.isArray(value)) return "";
  return value
    .map((part) => {
      if (!isObject(part) || part.type !== type) return "";
      return wordsIn(part[type], "text");
    })
    .join("");
}
