import type { Anthropic } from "@anthropic-ai/sdk";
import type {
  Message as AnthropicMessage,
  ContentBlock,
  RawMessageStreamEvent,
} from "@anthropic-ai/sdk/resources/messages";
import type { Stream } from "@anthropic-ai/sdk/streaming";
import type { LlmConfig } from "../../wire/llm-config.ts";
import { type Message, type MessageToolCall, type ThinkingBlock, text } from "../../wire/message.ts";
import { type Capabilities, capabilitiesOf, defaultOutputTokens } from "../capabilities.ts";
import type { LlmDelta, LlmRequest, LlmUsage, ToolSchema } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import {
  type Protocol,
  type ProtocolOptions,
  type ProtocolReply,
  SDK_TIMEOUT,
  sessionHeaders,
} from "../protocol.ts";
import { anthropicPromptWriter } from "./to-anthropic-messages.ts";

/** Thinking between tool calls; models that decide for themselves need no asking. */
const INTERLEAVED_THINKING = "interleaved-thinking-2025-05-14";

/** Anthropic refuses smaller budgets. */
const MIN_THINKING_BUDGET = 1024;

/** Tokens of thought for models that know budgets only, by the effort asked for. */
const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
};

/** Anthropic Messages. */
export function anthropicMessages(options: ProtocolOptions): Protocol {
  const { config, endpoint } = options;
  const capabilities = capabilitiesOf(config, endpoint);
  const writePrompt = anthropicPromptWriter(capabilities);
  const fixed = fixedFields(options, capabilities);
  const betas: Record<string, string> =
    capabilities.thinking === "manual" ? { "anthropic-beta": INTERLEAVED_THINKING } : {};
  let client: Promise<Anthropic> | undefined;

  return async (request, alive) => {
    client ??= createClient(options);
    const { system, messages } = writePrompt(request.messages);
    const rest = {
      ...fixed,
      ...(request.tools.length > 0 ? { tools: request.tools.map(toTool) } : {}),
      ...(request.stop && capabilities.stopWords ? { stop_sequences: [...request.stop] } : {}),
    };
    const prompt = `${system === undefined ? "" : `"system":${system},`}"messages":${messages}`;
    // Not `messages.create`, which prints its advice about models on the process's console.
    const reply: unknown = await (await client).post("/v1/messages", {
      body: `${JSON.stringify(rest).slice(0, -1)},${prompt}}`,
      headers: {
        "content-type": "application/json",
        ...betas,
        ...sessionHeaders(request.conversationId),
        ...config.extra_headers,
      },
      signal: request.signal,
      stream: config.stream,
    });
    if (!config.stream) return fromMessage(reply as AnthropicMessage);
    return fromStream(reply as Stream<RawMessageStreamEvent>, request, alive);
  };
}

async function createClient({ endpoint, fetch }: ProtocolOptions): Promise<Anthropic> {
  const { Anthropic } = await import("@anthropic-ai/sdk");
  return new Anthropic({
    apiKey: endpoint.apiKey,
    baseURL: endpoint.baseUrl,
    maxRetries: 0,
    timeout: SDK_TIMEOUT,
    logLevel: "off",
    openTelemetry: false,
    webhookKey: null,
    // The SDK sends the key as a bearer token; gateways that copy the API expect its older header.
    defaultHeaders: endpoint.official ? {} : { "x-api-key": endpoint.apiKey },
    ...(fetch ? { fetch } : {}),
  });
}

function fixedFields(
  { config, endpoint }: ProtocolOptions,
  capabilities: Capabilities,
): Record<string, unknown> {
  const limit = config.max_output_tokens ?? defaultOutputTokens(config, endpoint) ?? 16_384;
  const fields: Record<string, unknown> = { model: endpoint.model, max_tokens: limit };
  Object.assign(fields, thinkingFields(config, capabilities, limit));
  if (!fields.thinking && (capabilities.samplingParameters || !config.drop_params)) {
    fields.temperature = config.temperature ?? undefined;
    fields.top_p = config.top_p ?? undefined;
    fields.top_k = config.top_k ?? undefined;
  }
  if (config.stream) fields.stream = true;
  return { ...fields, ...config.litellm_extra_body };
}

function thinkingFields(
  config: LlmConfig,
  capabilities: Capabilities,
  limit: number,
): Record<string, unknown> {
  const { reasoning_effort: effort, extended_thinking_budget: configured } = config;
  if (capabilities.thinking === "adaptive") {
    if (effort === null || effort === "none") return {};
    const known = effort === "minimal" ? "low" : effort;
    return { thinking: { type: "adaptive", display: "summarized" }, output_config: { effort: known } };
  }
  const wanted = capabilities.thinking === "manual" ? configured : effortBudget(effort, capabilities);
  const budget = Math.min(wanted ?? 0, limit - 1);
  return budget >= MIN_THINKING_BUDGET ? { thinking: { type: "enabled", budget_tokens: budget } } : {};
}

function effortBudget(effort: string | null, capabilities: Capabilities): number | null {
  return capabilities.reasoningEffort && effort !== null ? (BUDGETS[effort] ?? null) : null;
}

function toTool({ name, description, parameters }: ToolSchema): Anthropic.Tool {
  return { name, description, input_schema: parameters as Anthropic.Tool.InputSchema };
}

function fromMessage(message: AnthropicMessage): ProtocolReply {
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

async function fromStream(
  stream: Stream<RawMessageStreamEvent>,
  request: LlmRequest,
  alive: () => void,
): Promise<ProtocolReply> {
  let message: AnthropicMessage | null = null;
  let stopped = false;
  /** JSON of tool inputs by block, whole only at the end. */
  const inputs = new Map<number, string>();
  for await (const event of stream) {
    alive();
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
    // Counters of the start that are not repeated at the end stay; null means "as before".
    const known = Object.fromEntries(Object.entries(event.usage ?? {}).filter(([, value]) => value !== null));
    message.usage = { ...message.usage, ...known };
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

/** The streamed JSON is kept as the model wrote it, so that the loop can repair what is broken. */
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

/** `input_tokens` counts only what was not cached; the prompt is all three. */
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
