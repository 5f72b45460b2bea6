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

/** Options of a scripted model. */
export interface ScriptedLlmOptions {
  /** Name of the model in replies. Default: "scripted". */
  model?: string;
  /** Tokens of replies without `usage(…)`; null means that the provider reports none. Default: 100 and 10. */
  usage?: LlmUsage | null;
  /** Cost of replies without `usage(…)`, in US dollars. Default: 0. */
  cost?: number;
  /** Size of the context window in tokens. Default: 0, unknown. */
  contextWindow?: number;
  /** Sends replies word by word to requests with `onDelta`. Default: false. */
  stream?: boolean;
  /** Whether requests are kept. Disable it for long scripts. Default: true. */
  record?: boolean;
  /** Answers to requests that take no step, such as `{ when: isSideCall, step: say("A title") }`. Default: none. */
  rules?: readonly Rule<LlmRequest>[];
  /** Continues with the first step after the last. Default: false. */
  repeat?: boolean;
  /**
   * With `queue`, each call takes the next step. With `prompt`, the number of replies in the prompt selects the step,
   * so that a restarted server continues where it was. Default: `queue`.
   */
  position?: "queue" | "prompt";
}

/** A model that plays a script. */
export interface ScriptedLlm extends Llm {
  /** All requests, oldest first, as they were when they were made. */
  readonly requests: readonly LlmRequest[];
  /** Throws if steps are left over, or if there was a call beyond the last step. */
  assertDone(): void;
}

/** Tells whether a request is a side call, such as one for a title. Calls of the agent's loop always offer tools. */
export function isSideCall({ tools }: LlmRequest): boolean {
  return tools.length === 0;
}

/**
 * Creates a model that plays `steps`, one for each call. A function as `steps` answers every call. A call beyond the
 * last step rejects with an error that shows the request.
 *
 * @example
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
