import type { OpenAI } from "openai";
import type { Response, ResponseOutputItem, ResponseStreamEvent } from "openai/resources/responses/responses";
import type { Stream } from "openai/streaming";
import { type Message, type MessageToolCall, type ReasoningItem, text } from "../../wire/events/message.ts";
import type { LlmDelta, LlmRequest, LlmUsage, ToolSchema } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import type { Model } from "../model.ts";
import { openAiClient } from "../openai-client.ts";
import { type Protocol, type ProtocolReply, sessionHeaders } from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import { responseItemsWriter } from "./to-response-items.ts";

/** Speaks OpenAI Responses without storage on the provider's side: each call sends the whole prompt. */
export function openAiResponses(model: Model, fetch: Fetch): Protocol {
  const { config } = model;
  const writePrompt = responseItemsWriter(model.capabilities.vision);
  const fixed = fixedFields(model);
  const getClient = openAiClient(model, fetch);

  return async (request) => {
    const client = await getClient();
    const { instructions, input } = writePrompt(request.messages);
    const rest = {
      ...fixed,
      instructions,
      ...(request.tools.length > 0 ? { tools: request.tools.map(toTool), tool_choice: "auto" } : {}),
      ...(request.conversationId === undefined ? {} : { prompt_cache_key: request.conversationId }),
    };
    const data = await client.post<unknown>("/responses", {
      body: `${JSON.stringify(rest).slice(0, -1)},"input":${input}}`,
      headers: {
        "content-type": "application/json",
        ...sessionHeaders(request.conversationId),
        ...config.extra_headers,
      },
      signal: request.signal,
      stream: config.stream,
    });
    if (!config.stream) return fromResponse(data as Response);
    return fromStream(data as Stream<ResponseStreamEvent>, request);
  };
}

function fixedFields({ config, endpoint, capabilities }: Model): Record<string, unknown> {
  const fields: Record<string, unknown> = { model: endpoint.model, store: false };
  if (capabilities.maxOutputTokens !== undefined) fields.max_output_tokens = capabilities.maxOutputTokens;
  if (capabilities.samplingParameters || !config.drop_params) {
    fields.temperature = config.temperature ?? undefined;
    fields.top_p = config.top_p ?? undefined;
  }
  if (capabilities.reasoningEffort) {
    if (config.enable_encrypted_reasoning) fields.include = ["reasoning.encrypted_content"];
    if (config.reasoning_effort !== null) {
      fields.reasoning = { effort: config.reasoning_effort, summary: config.reasoning_summary ?? undefined };
    }
  }
  if (capabilities.promptCacheRetention && config.prompt_cache_retention !== null) {
    fields.prompt_cache_retention = config.prompt_cache_retention;
  }
  if (config.stream) fields.stream = true;
  return { ...fields, ...config.litellm_extra_body };
}

function toTool({ name, description, parameters }: ToolSchema): OpenAI.Responses.FunctionTool {
  return { type: "function", name, description, parameters, strict: false };
}

async function fromStream(stream: Stream<ResponseStreamEvent>, request: LlmRequest): Promise<ProtocolReply> {
  const items: ResponseOutputItem[] = [];
  let final: Response | null = null;
  for await (const event of stream) {
    request.onProgress?.();
    const delta = toDelta(event);
    if (delta !== null) request.onDelta?.(delta);
    if (event.type === "response.output_item.done") items.push(event.item);
    if (event.type === "error") throw failure(event);
    if (event.type === "response.completed" || event.type === "response.incomplete") final = event.response;
    if (event.type === "response.failed") final = event.response;
  }
  if (final === null) {
    throw new LlmError("LLMNoResponseError", "the model's stream ended without a completed response", {
      retryable: true,
    });
  }
  // Some gateways leave the output of the completed response empty.
  return fromResponse(final.output?.length ? final : { ...final, output: items });
}

function toDelta(event: ResponseStreamEvent): LlmDelta | null {
  switch (event.type) {
    case "response.output_text.delta":
    case "response.refusal.delta":
      return { content: event.delta };
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_text.delta":
      return { reasoning_content: event.delta };
    default:
      return null;
  }
}

function fromResponse(response: Response): ProtocolReply {
  if (response.error) throw failure(response.error);
  const message = toMessage(response.output ?? []);
  if (message.content.length === 0 && !message.tool_calls && !message.responses_reasoning_item) {
    if (response.incomplete_details?.reason === "content_filter") {
      throw new LlmError(
        "LLMContentPolicyViolationError",
        "the provider's content filter withheld the reply",
      );
    }
    throw new LlmError("LLMNoResponseError", "the model's response has no output", { retryable: true });
  }
  return {
    message,
    id: response.id || null,
    model: response.model || null,
    usage: toUsage(response.usage),
    cost: null,
  };
}

function toMessage(output: readonly ResponseOutputItem[]): Message {
  const texts: string[] = [];
  const calls: MessageToolCall[] = [];
  let reasoning: ReasoningItem | null = null;
  for (const item of output) {
    if (item.type === "message") {
      for (const part of item.content ?? [])
        texts.push(part.type === "output_text" ? part.text : part.refusal);
    } else if (item.type === "function_call") {
      calls.push(toToolCall(item));
    } else if (item.type === "reasoning") {
      reasoning = toReasoningItem(item);
    }
  }
  const said = texts.filter(Boolean).join("\n").trim();
  return {
    role: "assistant",
    content: said === "" ? [] : [text(said)],
    tool_calls: calls.length > 0 ? calls : null,
    responses_reasoning_item: reasoning,
  };
}

function toToolCall(item: OpenAI.Responses.ResponseFunctionToolCall): MessageToolCall {
  return {
    id: item.call_id || item.id || "",
    responses_item_id: item.id ?? null,
    name: item.name,
    arguments: item.arguments || "{}",
    origin: "responses",
  };
}

function toReasoningItem(item: OpenAI.Responses.ResponseReasoningItem): ReasoningItem {
  return {
    id: item.id,
    summary: (item.summary ?? []).map((part) => part.text),
    content: item.content?.length ? item.content.map((part) => part.text) : null,
    encrypted_content: item.encrypted_content ?? null,
    status: item.status ?? null,
  };
}

function toUsage(usage: Response["usage"]): LlmUsage | null {
  if (!usage) return null;
  return {
    prompt_tokens: usage.input_tokens ?? 0,
    completion_tokens: usage.output_tokens ?? 0,
    cache_read_tokens: usage.input_tokens_details?.cached_tokens ?? 0,
    cache_write_tokens: usage.input_tokens_details?.cache_write_tokens ?? 0,
    reasoning_tokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
  };
}

/** An error in the shape of the SDK's. */
function failure(error: { message: string; code: string | null }): Error {
  return Object.assign(new Error(`${error.code ?? "error"}: ${error.message}`), { error });
}
