import type { Llm, LlmReply, LlmRequest, LlmUsage } from "../../llm/llm.ts";
import { LlmError } from "../../llm/llm-error.ts";
import { type Message, readableText, text } from "../../wire/events/message.ts";
import {
  chunksOf,
  createScript,
  type ReplyPart,
  type Rule,
  type Steps,
  upToCut,
  usageOf,
} from "./llm-script.ts";

/** What the model says of itself, and what it answers beside its steps. */
export interface ScriptedLlmOptions {
  model?: string;
  /** Of every reply that does not state its own; null: the provider reports none. */
  usage?: LlmUsage | null;
  cost?: number;
  contextWindow?: number;
  /** Deltas, word by word, for requests that listen. */
  stream?: boolean;
  /** false for long scripts: requests are not kept. */
  record?: boolean;
  /** Asked before the steps: `{ when: isSideCall, step: say("A title") }`. */
  rules?: readonly Rule<LlmRequest>[];
  /** Starts again after the last step. */
  repeat?: boolean;
  /**
   * `prompt`: the step is found by how many replies the prompt holds already, so that a server that was restarted goes
   * on where it was. Default `queue`: each call takes the next step.
   */
  position?: "queue" | "prompt";
}

/** A model that does what a test tells it. */
export interface ScriptedLlm extends Llm {
  /** Every request so far, its messages and tools as they were. */
  readonly requests: readonly LlmRequest[];
  /** Throws when steps are left over, and when there was a call that nobody scripted. */
  assertDone(): void;
}

/** Whether a request comes from beside the agent's loop, whose own calls always offer tools. */
export function isSideCall({ tools }: LlmRequest): boolean {
  return tools.length === 0;
}

/**
 * An in-process model that plays `steps`, one for each call; a single function answers every call. A call past the
 * last step rejects with an error that shows what was asked.
 *
 * ```ts
 * const llm = scriptedLlm([call("terminal", { command: "ls" }), say("There are three files.")]);
 * ```
 */
export function scriptedLlm(steps: Steps<LlmRequest>, options: ScriptedLlmOptions = {}): ScriptedLlm {
  const { record, rules, repeat, position } = options;
  const place = position === "prompt" ? repliesIn : undefined;
  const script = createScript(steps, { show: showRequest, record, rules, repeat, place });
  return {
    requests: script.requests,
    // A scripted failure reaches the conversation at once.
    decorated: true,
    assertDone: () => script.assertDone(),
    async complete(request) {
      request.signal.throwIfAborted();
      const copy = record === false ? request : { ...request, messages: [...request.messages] };
      const { number, parts: scripted } = await script.next(copy, request.signal);
      request.signal.throwIfAborted();
      const { parts, isCut } = upToCut(scripted);
      if (options.stream) emitDeltas(parts, request);
      if (isCut) throw brokenOff();
      return toReply(parts, number, options);
    },
  };
}

function toReply(parts: readonly ReplyPart[], number: number, options: ScriptedLlmOptions): LlmReply {
  const { cost: stated, ...tokens } = usageOf(parts);
  const states = parts.some(({ type }) => type === "usage");
  return {
    message: toMessage(parts, number),
    id: `resp_${number}`,
    model: options.model ?? "scripted",
    usage: states || options.usage === undefined ? tokens : options.usage,
    cost: stated ?? options.cost ?? 0,
    contextWindow: options.contextWindow ?? 0,
    latency: 0,
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
    if (part.type !== "text" && part.type !== "reasoning") continue;
    for (const chunk of chunksOf(part.text, part.chunkSize)) {
      request.onDelta?.(part.type === "text" ? { content: chunk } : { reasoning_content: chunk });
    }
  }
}

function brokenOff(): LlmError {
  return new LlmError("LLMServiceUnavailableError", "The connection broke off in the middle of the reply", {
    retryable: true,
  });
}

function repliesIn({ messages }: LlmRequest): number {
  return messages.filter(({ role }) => role === "assistant").length;
}

function showRequest(request: LlmRequest): string {
  const tail = request.messages.slice(-4).map((message) => {
    const said = readableText(message.content);
    const called = (message.tool_calls ?? []).map((part) => `${part.name}(${part.arguments})`);
    return `${message.role}: ${[said, ...called].join(" ").slice(0, 500)}`;
  });
  const tools = request.tools.map((tool) => tool.name).join(", ");
  return `${tail.join("\n")}\n(${request.messages.length} messages; tools: ${tools || "none"})`;
}
