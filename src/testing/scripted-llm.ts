import type { Llm, LlmReply, LlmRequest, LlmUsage } from "../llm/llm.ts";
import { type Message, text } from "../wire/message.ts";
import { createScript, type ReplyPart, type Step } from "./llm-script.ts";

export interface ScriptedLlmOptions {
  model?: string;
  /** Of every reply. */
  usage?: LlmUsage | null;
  cost?: number;
  contextWindow?: number;
  /** Deltas, word by word, for requests that listen. */
  stream?: boolean;
  /** false for long scripts: requests are not kept. */
  record?: boolean;
}

/** A model that does what a test tells it. */
export interface ScriptedLlm extends Llm {
  /** Every request so far, its messages and tools as they were. */
  readonly requests: readonly LlmRequest[];
  /** Throws when steps are left over. */
  assertDone(): void;
}

const USAGE: LlmUsage = {
  prompt_tokens: 100,
  completion_tokens: 10,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
};

/**
 * An in-process model that plays `steps`, one for each call; a single function answers every call. A call past the
 * last step rejects with an error that shows what was asked.
 *
 * ```ts
 * const llm = scriptedLlm([call("terminal", { command: "ls" }), say("There are three files.")]);
 * ```
 */
export function scriptedLlm(
  steps:
    | readonly Step<LlmRequest>[]
    | ((request: LlmRequest) => Step<LlmRequest> | Promise<Step<LlmRequest>>),
  options: ScriptedLlmOptions = {},
): ScriptedLlm {
  const script = createScript(steps, { record: options.record ?? true, show: showRequest });
  return {
    requests: script.requests,
    assertDone: () => script.assertDone(),
    async complete(request) {
      request.signal.throwIfAborted();
      const copy = options.record === false ? request : { ...request, messages: [...request.messages] };
      const { number, parts } = await script.next(copy, request.signal);
      request.signal.throwIfAborted();
      if (options.stream) emitDeltas(parts, request);
      return {
        message: toMessage(parts, number),
        id: `resp_${number}`,
        model: options.model ?? "scripted",
        usage: options.usage === undefined ? USAGE : options.usage,
        cost: options.cost ?? 0,
        contextWindow: options.contextWindow ?? 0,
        latency: 0,
      } satisfies LlmReply;
    },
  };
}

function toMessage(parts: readonly ReplyPart[], number: number): Message {
  const said = parts.filter((part) => part.type === "text").map((part) => part.text);
  const thought = parts.filter((part) => part.type === "reasoning").map((part) => part.text);
  const called = parts.filter((part) => part.type === "call");
  return {
    role: "assistant",
    content: said.map(text),
    tool_calls:
      called.length === 0
        ? null
        : called.map((part, index) => ({
            id: part.id ?? `call_${number}_${index}`,
            responses_item_id: null,
            name: part.tool,
            arguments: part.arguments,
            origin: "completion",
          })),
    reasoning_content: thought.join("\n") || null,
    thinking_blocks: [],
  };
}

function emitDeltas(parts: readonly ReplyPart[], request: LlmRequest): void {
  for (const part of parts) {
    if (part.type === "call") continue;
    for (const word of part.text.match(/\s*\S+/g) ?? []) {
      request.onDelta?.(part.type === "text" ? { content: word } : { reasoning_content: word });
    }
  }
}

function showRequest(request: LlmRequest): string {
  const tail = request.messages.slice(-4).map((message) => {
    const said = message.content.map((part) => (part.type === "text" ? part.text : "[image]")).join(" ");
    const called = (message.tool_calls ?? []).map((part) => `${part.name}(${part.arguments})`);
    return `${message.role}: ${[said, ...called].join(" ").slice(0, 500)}`;
  });
  const tools = request.tools.map((tool) => tool.name).join(", ");
  return `${tail.join("\n")}\n(${request.messages.length} messages; tools: ${tools || "none"})`;
}
