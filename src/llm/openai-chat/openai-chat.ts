import type { OpenAI } from "openai";
import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import type { Stream } from "openai/streaming";
import type { LlmRequest, ToolSchema } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import type { Model } from "../model.ts";
import { openAiClient } from "../openai-client.ts";
import { INTERLEAVED_THINKING, type Protocol, type ProtocolReply, sessionHeaders } from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import type { OptionalField } from "../providers.ts";
import {
  emptyReply,
  type GatheredReply,
  gatherDelta,
  gatherMessage,
  toMessage,
  toUsage,
} from "./from-chat-reply.ts";
import { chatMessageWriter } from "./to-chat-messages.ts";

/** Speaks OpenAI Chat Completions, with OpenAI and all compatible servers. */
export function openAiChat(model: Model, fetch: Fetch): Protocol {
  const { config, endpoint, capabilities } = model;
  const isProxy = endpoint.name === "litellm_proxy" || endpoint.name === "openhands";
  const writeMessages = chatMessageWriter({
    capabilities,
    plainText: config.force_string_serializer !== false,
    thinkingBlocks: isProxy && capabilities.thinking !== "none",
  });
  const fixed = fixedFields(model);
  const getClient = openAiClient(model, fetch);
  const toTools = toolsConverter();
  const betas = fixed.thinking ? INTERLEAVED_THINKING : {};

  return async (request) => {
    const client = await getClient();
    const rest = {
      ...fixed,
      ...(request.tools.length > 0 ? { tools: toTools(request.tools) } : {}),
      ...(request.stop && capabilities.stopWords ? { stop: [...request.stop] } : {}),
      ...cacheKey(request, model),
    };
    const json = `${JSON.stringify(rest).slice(0, -1)},"messages":${writeMessages(request.messages)}}`;
    const headers = { ...betas, ...sessionHeaders(request.conversationId), ...config.extra_headers };
    const call = client.post<unknown>("/chat/completions", {
      // Azure's client finds the deployment in the body, so it must be able to read it.
      body: endpoint.provider.protocol === "azure" ? JSON.parse(json) : json,
      headers: { "content-type": "application/json", ...headers },
      signal: request.signal,
      stream: config.stream,
    });
    const { data, response } = await call.withResponse();
    const cost = costHeader(response.headers);
    if (!config.stream) return fromCompletion(data as ChatCompletion, cost);
    return fromStream(data as Stream<ChatCompletionChunk>, request, cost);
  };
}

/** Fields that are the same in every request of a model. */
function fixedFields({ config, endpoint, capabilities }: Model): Record<string, unknown> {
  const { provider } = endpoint;
  const { maxOutputTokens: limit } = capabilities;
  const takes = (field: OptionalField) => !config.drop_params || provider.accepts.has(field);
  const fields: Record<string, unknown> = { model: endpoint.model };

  if (limit !== undefined) fields[provider.maxTokensField] = limit;
  if (capabilities.samplingParameters || !config.drop_params) {
    fields.temperature = config.temperature ?? undefined;
    fields.top_p = config.top_p ?? undefined;
    if (takes("top_k")) fields.top_k = config.top_k ?? undefined;
  }
  if (capabilities.thinking === "manual" && limit !== undefined && config.extended_thinking_budget) {
    fields.thinking = {
      type: "enabled",
      budget_tokens: Math.min(config.extended_thinking_budget, limit - 1),
    };
  } else if (capabilities.reasoningEffort && takes("reasoning_effort")) {
    fields.reasoning_effort = config.reasoning_effort ?? undefined;
  }
  if (takes("seed")) fields.seed = config.seed ?? undefined;
  if (capabilities.promptCacheRetention && takes("prompt_cache_retention")) {
    fields.prompt_cache_retention = config.prompt_cache_retention ?? undefined;
  }
  if (config.stream) {
    fields.stream = true;
    if (takes("stream_options")) fields.stream_options = { include_usage: true };
  }
  return { ...fields, ...config.litellm_extra_body };
}

function cacheKey(request: LlmRequest, { config, endpoint }: Model): { prompt_cache_key?: string } {
  const isTaken = !config.drop_params || endpoint.provider.accepts.has("prompt_cache_key");
  return isTaken && request.conversationId !== undefined ? { prompt_cache_key: request.conversationId } : {};
}

/** Converts each list of tools once: a conversation keeps the same list for its whole life. */
function toolsConverter(): (tools: readonly ToolSchema[]) => OpenAI.ChatCompletionTool[] {
  const converted = new WeakMap<readonly ToolSchema[], OpenAI.ChatCompletionTool[]>();
  return (tools) => {
    const result = converted.get(tools) ?? tools.map((tool) => ({ type: "function", function: { ...tool } }));
    converted.set(tools, result);
    return result;
  };
}

function fromCompletion(completion: ChatCompletion, cost: number | null): ProtocolReply {
  refuseErrorBody(completion);
  const choice = completion.choices?.[0];
  if (!choice?.message) throw noResponse("the model's answer has no choices");
  const gathered = gatherMessage(choice.message);
  refuseBlocked(gathered, choice.finish_reason);
  return toReply(gathered, { ...completion, cost });
}

async function fromStream(
  stream: Stream<ChatCompletionChunk>,
  request: LlmRequest,
  cost: number | null,
): Promise<ProtocolReply> {
  const gathered = emptyReply();
  const about: ReplyFacts = { id: null, model: null, usage: null, cost };
  let finish: string | null = null;
  for await (const chunk of stream) {
    request.onProgress?.();
    refuseErrorBody(chunk);
    about.id ||= chunk.id;
    about.model ||= chunk.model;
    // Usually in a last chunk without choices; Groq and Moonshot report it elsewhere.
    about.usage = chunk.usage ?? usageElsewhere(chunk) ?? about.usage;
    const choice = chunk.choices?.[0];
    if (!choice) continue;
    finish = choice.finish_reason ?? finish;
    const delta = choice.delta ? gatherDelta(gathered, choice.delta) : null;
    if (delta !== null) request.onDelta?.(delta);
  }
  const silent = gathered.content === "" && gathered.reasoning === "" && gathered.calls.length === 0;
  if (finish === null && silent && gathered.refusal === "")
    throw noResponse("the model's stream has no choices");
  if (finish === null) {
    throw new LlmError(
      "LLMServiceUnavailableError",
      "the model's stream ended before the reply was complete",
      {
        retryable: true,
      },
    );
  }
  refuseBlocked(gathered, finish);
  return toReply(gathered, about);
}

interface ReplyFacts {
  id: string | null;
  model: string | null;
  usage?: unknown;
  cost: number | null;
}

function toReply(gathered: GatheredReply, { id, model, usage, cost }: ReplyFacts): ProtocolReply {
  const reported =
    typeof usage === "object" && usage !== null ? (usage as { cost?: unknown }).cost : undefined;
  return {
    message: toMessage(gathered),
    id: id || null,
    model: model || null,
    usage: toUsage(usage),
    cost: typeof reported === "number" ? reported : cost,
  };
}

function usageElsewhere(chunk: ChatCompletionChunk): ChatCompletionChunk["usage"] {
  const { x_groq } = chunk as { x_groq?: { usage?: ChatCompletionChunk["usage"] } };
  const choice = chunk.choices?.[0] as { usage?: ChatCompletionChunk["usage"] } | undefined;
  return x_groq?.usage ?? choice?.usage ?? null;
}

/** Throws the failure of an upstream, which OpenRouter and other gateways report in a 200. */
function refuseErrorBody(body: object): void {
  const { error, choices } = body as {
    error?: { message?: string };
    choices?: { error?: { message?: string } }[];
  };
  const failure = error ?? choices?.[0]?.error;
  if (!failure) return;
  throw Object.assign(new Error(failure.message ?? JSON.stringify(failure)), { error: failure });
}

function refuseBlocked(gathered: GatheredReply, finish: string | null): void {
  if (finish !== "content_filter" || gathered.content !== "" || gathered.calls.length > 0) return;
  throw new LlmError("LLMContentPolicyViolationError", "the provider's content filter withheld the reply");
}

function noResponse(message: string): LlmError {
  return new LlmError("LLMNoResponseError", message, { retryable: true });
}

function costHeader(headers: Headers): number | null {
  const value =
    headers.get("llm_provider-x-litellm-response-cost") ?? headers.get("x-litellm-response-cost") ?? "";
  const cost = Number.parseFloat(value);
  return cost >= 0 ? cost : null;
}
