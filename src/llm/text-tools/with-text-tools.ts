import { asObject } from "../../is-object.ts";
import { type Message, type MessageToolCall, text, textOf } from "../../wire/events/message.ts";
import { withComplete } from "../decorators/with-complete.ts";
import type { Llm, LlmReply, LlmRequest, ToolSchema } from "../llm.ts";
import { describeTools, exampleCall } from "./describe-tools.ts";
import { parseCall } from "./parse-call.ts";

export interface TextToolsOptions {
  /** The model's name. */
  model: string;
  /** Whether requests may contain stop words. */
  stop: boolean;
}

/** Models that are trained on such calls, or whose prompts are too short for an example. */
const NEEDS_NO_EXAMPLE = /openhands-lm|devstral|nemotron/i;

/**
 * Gives tools to a model that has no tool calls: describes them in the system prompt and writes calls and results as
 * text. The caller sees ordinary tool calls, one per reply; deltas show the text as the model writes it.
 *
 * @throws LlmError FunctionCallValidationError for a call that does not fit its function
 */
export function withTextTools(llm: Llm, { model, stop }: TextToolsOptions): Llm {
  const translate = translator(!NEEDS_NO_EXAMPLE.test(model));
  return withComplete(llm, async (request) => {
    if (request.tools.length === 0 && !request.messages.some(hasTools)) return llm.complete(request);
    const messages = translate(request);
    const reply = await llm.complete({
      ...request,
      messages,
      tools: [],
      ...(stop && request.tools.length > 0 ? { stop: ["</function"] } : {}),
    });
    return request.tools.length === 0 ? reply : withCall(reply, request.tools);
  });
}

function hasTools(message: Message): boolean {
  return message.role === "tool" || (message.tool_calls ?? []).length > 0;
}

/** Rewrites each message of a prompt once, so that models can cache by identity. */
function translator(showExample: boolean): (request: LlmRequest) => Message[] {
  const plain = new WeakMap<Message, Message>();
  let extended = new WeakMap<Message, Message>();
  let described: readonly ToolSchema[] | undefined;

  return ({ messages, tools }) => {
    const result = messages.map((message) => remember(plain, message, () => toText(message)));
    if (tools.length === 0) return result;
    if (described !== tools) extended = new WeakMap();
    described = tools;

    // Part of the system prompt, because many chat templates accept one system message only.
    const system = result.findIndex((message) => message.role === "system");
    const prompt = result[system];
    if (prompt === undefined) result.unshift({ role: "system", content: [text(describeTools(tools))] });
    else result[system] = remember(extended, prompt, () => append(prompt, describeTools(tools)));

    const first = result.findIndex((message) => message.role === "user");
    const user = result[first];
    if (showExample && user !== undefined) {
      result[first] = remember(extended, user, () => prepend(user, exampleCall(tools)));
    }
    return result;
  };
}

function remember(cache: WeakMap<Message, Message>, message: Message, make: () => Message): Message {
  const rewritten = cache.get(message) ?? make();
  cache.set(message, rewritten);
  return rewritten;
}

function append(message: Message, more: string): Message {
  return { ...message, content: [...message.content, text(more)] };
}

/** Joins words to the first text, so that nothing comes between the two. */
function prepend(message: Message, before: string): Message {
  const [first, ...rest] = message.content;
  if (first?.type !== "text") return { ...message, content: [text(before), ...message.content] };
  return { ...message, content: [text(before + first.text), ...rest] };
}

function toText(message: Message): Message {
  if (message.role === "tool") {
    const result: Message = { role: "user", content: message.content };
    return prepend(result, `EXECUTION RESULT of [${message.name ?? "function"}]:\n`);
  }
  const calls = message.tool_calls ?? [];
  if (message.role !== "assistant" || calls.length === 0) return message;
  return { role: "assistant", content: [...message.content, ...calls.map((call) => text(renderCall(call)))] };
}

function renderCall(call: MessageToolCall): string {
  const parameters = Object.entries(parseArguments(call.arguments)).map(([name, value]) => {
    const rendered = typeof value === "string" ? value : JSON.stringify(value);
    return `<parameter=${name}>${rendered.includes("\n") ? `\n${rendered}\n` : rendered}</parameter>`;
  });
  return [`<function=${call.name}>`, ...parameters, "</function>"].join("\n");
}

function parseArguments(json: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(json));
  } catch {
    return {};
  }
}

function withCall(reply: LlmReply, tools: readonly ToolSchema[]): LlmReply {
  const written = textOf(reply.message.content);
  const { said, call } = parseCall(written, tools);
  const message: Message = {
    ...reply.message,
    content: said === "" ? [] : [text(said)],
  };
  if (call === null) return { ...reply, message };
  const toolCall: MessageToolCall = {
    id: "",
    responses_item_id: null,
    name: call.name,
    arguments: JSON.stringify(call.arguments),
    origin: "completion",
  };
  return { ...reply, message: { ...message, tool_calls: [toolCall] } };
}
