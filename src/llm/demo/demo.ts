import type { Clock } from "../../clock.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import { type Message, text } from "../../wire/events/message.ts";
import type { Llm, LlmRequest } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { type DemoStep, lastUserText, nextTourStep } from "./demo-tour.ts";

const MODELS: Readonly<Record<string, (request: LlmRequest) => DemoStep>> = {
  "demo/tour": ({ messages, tools }) => nextTourStep(messages, tools),
  "demo/echo": ({ messages }) => ({ say: lastUserText(messages) || "(nothing was said)" }),
};

/** Tokens. */
const CONTEXT_WINDOW = 200_000;

/** Whether a name is that of a demo model, `demo/…`. */
export function isDemoModel(model: string): boolean {
  return model.trim().startsWith("demo/");
}

/**
 * Creates a scripted model that needs no key and no network: `demo/tour` shows the tools, `demo/echo` repeats the
 * user's words. Both answer from the prompt alone.
 *
 * @throws LlmError LLMBadRequestError for another name
 */
export function createDemoLlm(config: LlmConfig, clock: Clock): Llm {
  const model = config.model.trim();
  const answer = Object.hasOwn(MODELS, model) ? MODELS[model] : undefined;
  if (answer === undefined) {
    throw new LlmError(
      "LLMBadRequestError",
      `model: ${JSON.stringify(model)} is not a demo model, use demo/tour (a tour of the tools) or demo/echo`,
    );
  }
  return {
    sideCalls: false,
    decorated: true,
    async complete(request) {
      request.signal.throwIfAborted();
      const started = performance.now();
      const message = toMessage(answer(request), clock);
      if (config.stream) streamWords(message, request);
      return {
        message,
        id: `demo_${clock.newId()}`,
        model,
        usage: estimateUsage(request, message),
        cost: 0,
        contextWindow: config.max_input_tokens ?? CONTEXT_WINDOW,
        latency: (performance.now() - started) / 1000,
      };
    },
  };
}

function toMessage({ say, call }: DemoStep, clock: Clock): Message {
  return {
    role: "assistant",
    content: say === "" ? [] : [text(say)],
    tool_calls: call
      ? [
          {
            id: `call_${clock.newId()}`,
            responses_item_id: null,
            name: call.tool,
            arguments: JSON.stringify(call.arguments),
            origin: "completion",
          },
        ]
      : null,
  };
}

function streamWords(message: Message, request: LlmRequest): void {
  for (const part of message.content) {
    if (part.type !== "text") continue;
    for (const word of part.text.match(/\s*\S+/g) ?? []) request.onDelta?.({ content: word });
  }
}

/** Counts four characters as a token, and all but the newest two messages as cached. */
function estimateUsage(request: LlmRequest, message: Message) {
  const sizes = request.messages.map(tokensOf);
  const fixed = Math.ceil(JSON.stringify(request.tools).length / 4);
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return {
    prompt_tokens: fixed + total(sizes),
    completion_tokens: tokensOf(message),
    cache_read_tokens: sizes.length > 2 ? fixed + total(sizes.slice(0, -2)) : 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
  };
}

function tokensOf(message: Message): number {
  const texts = message.content.map((part) => (part.type === "text" ? part.text : ""));
  const calls = (message.tool_calls ?? []).map((call) => call.name + call.arguments);
  return Math.ceil([...texts, ...calls].join("").length / 4);
}
